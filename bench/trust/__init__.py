"""Whose figures to trust: signatures, and work done for a seed that nobody knew before."""
