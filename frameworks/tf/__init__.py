"""TensorFlow: adapter, layers, images, training, devices, and its graphs."""
