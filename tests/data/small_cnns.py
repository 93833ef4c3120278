"""Small networks that end in a global average, as many people's do; a suite file.

Their gradients are sums over batch, rows and columns, of which most cancels: limits taken from the
size of the gradient alone accused every framework here.
"""

from suites.layers import Conv2d, Flatten, GlobalAvgPool, Linear, ReLU, Sequential
from suites.workload import Adam, Train

IMAGES = (16, 3, 32, 32)


def net(inner, outs, groups=1):
    return Sequential(
        Conv2d(3, inner, 3, 2, padding=1),
        ReLU(),
        Conv2d(inner, outs, 3, 2, padding=1, groups=groups),
        ReLU(),
        GlobalAvgPool(),
        Flatten(),
        Linear(outs, 5),
    )


ONE_LAYER = Sequential(Conv2d(3, 8, 3, padding=1), ReLU(), GlobalAvgPool(), Flatten(), Linear(8, 5))


def cases(preset):
    """The same in all presets."""
    for name, model, rate in (
        ("tiny", net(8, 16), 1e-3),
        ("depthwise", net(16, 16, groups=16), 1e-3),
        ("one_layer", ONE_LAYER, 1e-2),
    ):
        yield Train(
            suite="small_cnns",
            name=name,
            model=model,
            input_shape=IMAGES,
            optimizer=Adam(lr=rate),
        )
