"""PyTorch: adapter, layers, training, devices, and what it compiled."""
