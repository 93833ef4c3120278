"""Models as people write them, one file a framework: what ours are compared with.

Each file has MODELS (builder by name), `count` (learned values of a model), `forward` and `train`.
These two take a model and host arrays, images [batch, channels, height, width], and return a
function that does one step and returns when all its results are there. Training is with Adam, or
with AdamW of this decay; `narrow` in bfloat16 beside weights in float32, for which `prepare` was
called before the model was made.
"""
