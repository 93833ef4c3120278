"""NumPy: adapter, layers and images."""
