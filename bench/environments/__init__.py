"""Environments under .venv: made of pinned packages, looked up, removed."""
