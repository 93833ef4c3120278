"""What each command does: a module of its name, entered by `run`, which returns the exit code."""
