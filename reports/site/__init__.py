"""A static site of a store: each machine's page, heat strips, a search."""
