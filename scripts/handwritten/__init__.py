"""Models as people write them, one file a framework: what ours are compared with.

Each file has MODELS (builder by name), `count` (learned values of a model), `forward` and `train`.
These two take a model and host arrays, images [batch, channels, height, width], and return a
function that does one step and returns when all its results are there. Training is with Adam.
"""
