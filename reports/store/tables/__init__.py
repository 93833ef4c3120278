"""The tables of a store as they are made of its runs, and held against them."""
