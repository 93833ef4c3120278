"""Suites of pieces of work that are smaller than a model."""
