"""MLX: adapter, layers, images, training and devices."""
