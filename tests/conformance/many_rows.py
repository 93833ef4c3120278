"""A suite of layers whose weights have gradients summed over more rows than 16 bits can add."""

from suites.layers import ClassToken, Conv2d, GroupNorm, Linear, Permute, Segment, Sequential
from suites.workload import SGD, Train

MODELS = {
    "places": (Sequential(Linear(6, 100), ClassToken(100), Segment(2, 100)), (300, 4, 6)),
    "pixels": (
        Sequential(Conv2d(3, 40, 1), GroupNorm(4, 40), Permute((0, 2, 3, 1))),
        (10, 3, 20, 20),
    ),
}
CASES = [
    Train(suite="many", name=name, model=model, input_shape=shape, optimizer=SGD(lr=0.1))
    for name, (model, shape) in MODELS.items()
]


def cases(preset):
    """The same whatever the preset."""
    return CASES
