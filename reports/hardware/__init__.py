"""What devices can do at most, by their makers and by physics."""
