"""A run in formats that other people's tools read, a module for each."""
