"""Commands on a store of runs, a module each; each goes on in `.venv/fleet`."""
