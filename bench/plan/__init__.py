"""What a run is asked for, what will fit, and what it will cost."""
