"""Where CPU time tells what wall time cannot: long steps of one thread, in company.

A step longer than the system's time slice is interrupted whenever another program wants the core,
so its wall time tells 3 % in 6 % of comparisons at any number of starts up to 30, and its CPU time
in 72 % at 10 starts and 95 % at 20, none of them falsely. With several threads the sum of their CPU
time says nothing of how long a step takes, so it is not asked there.
"""

LONG_S = 0.004
"""A step that a system's time slice does not hold."""

COMPANY = 0.25
"""Cores that other programs use, from which on they interrupt."""
