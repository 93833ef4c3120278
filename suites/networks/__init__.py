"""Suites of networks that are published, one file each."""
