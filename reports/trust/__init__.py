"""How far the figures of others can be trusted, run by run."""
