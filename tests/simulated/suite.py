"""Small work of every kind that the simulated device does: a suite file."""

from typing import Any

from suites.layers import Conv2d, Flatten, GlobalAvgPool, Linear, ReLU, Sequential
from suites.workload import SGD, Adam, Data, Forward, Learn, Product, Train

MLP = Sequential(Linear(16, 32), ReLU(), Linear(32, 32), ReLU(), Linear(32, 4))
CNN = Sequential(
    *(Conv2d(3, 8, 3, 2, padding=1), ReLU(), Conv2d(8, 8, 3, padding=1), ReLU()),
    *(GlobalAvgPool(), Flatten(), Linear(8, 4)),
)
IMAGES = (8, 3, 12, 12)


def cases(preset):
    """The same in all presets."""
    yield Product(suite="simulated", name="square", m=128, k=128, n=128)
    yield Forward(suite="simulated", name="mlp_forward", model=MLP, input_shape=(32, 16))
    yield Forward(suite="simulated", name="cnn_forward", model=CNN, input_shape=IMAGES)
    for rule in (SGD(lr=0.05), Adam(lr=1e-3)):
        word = type(rule).__name__.lower()
        for name, model, shape in (("mlp", MLP, (32, 16)), ("cnn", CNN, IMAGES)):
            named: dict[str, Any] = {"name": f"{name}_{word}", "model": model, "input_shape": shape}
            yield Train(suite="simulated", optimizer=rule, **named)
    data = Data("synthetic", 256, 64, (16,), 4)
    named = {"suite": "simulated", "name": "learn", "model": MLP, "data": data}
    yield Learn(**named, batch=16, epochs=2, optimizer=SGD(lr=0.05))
