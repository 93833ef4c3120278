"""JAX: adapter, layers, images, training, devices, and what it compiled."""
