"""A run on the host: its cases in turn, each contender's cell, rounds, resume."""
