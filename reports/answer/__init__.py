"""The answer that ends a run: who leads, how right, what to do next; fifteen lines."""
