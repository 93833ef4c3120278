"""B against A: two runs or two contenders of one, case by case."""
