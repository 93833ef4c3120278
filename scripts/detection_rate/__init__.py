"""How often a harness gives the right word: of a contender and itself, and of a slower one."""
