"""Many machines: one command measures them all, and their records come back to one place."""
