"""Sustained work: what remains of the first minute's pace, and what the machine did."""
