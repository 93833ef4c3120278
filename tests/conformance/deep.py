"""A suite with what the shipped models lack: images to flatten, a residual block, no bias.

Its learning rate is large, so that three steps change every weight visibly.
"""

from suites.layers import Flatten, Linear, ReLU, Residual, Sequential
from suites.workload import SGD, Forward, Train

BLOCK = Residual(Sequential(Linear(24, 24), ReLU(), Linear(24, 24, bias=False)))
MODEL = Sequential(Flatten(), Linear(36, 24), BLOCK, ReLU(), head=Linear(24, 5))
IMAGES = (8, 3, 4, 3)


def cases(preset):
    """The same two whatever the preset."""
    return (
        Forward(suite="deep", name="forward", model=MODEL, input_shape=IMAGES),
        Train(suite="deep", name="train", model=MODEL, input_shape=IMAGES, optimizer=SGD(lr=0.1)),
    )
