"""Commands on a store of runs, a module each; each goes on in `.venv/fleet`."""

BY_THEMSELVES = ("site",)
"""Those that are typed without `store` before them."""
