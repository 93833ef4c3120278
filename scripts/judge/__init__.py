"""Both sides of the judge: honest work that it must not accuse, and lies that it must find."""
