"""Stores of made-up machines: real names of chips, GPUs and frameworks, and no figure measured."""
