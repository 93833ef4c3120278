"""The tables of a store as they are made: of runs that are in none yet."""
