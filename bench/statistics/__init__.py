"""Estimates of rounds, their intervals, and the words they deserve."""
