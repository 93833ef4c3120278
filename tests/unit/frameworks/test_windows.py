"""Where windows lie: against sums over them, and written down once for all frameworks."""

from pathlib import Path

import numpy as np
import pytest

from frameworks.shared import windows
from suites.layers import AvgPool, Conv2d, MaxPool
from suites.verification.reference.meanings.model import Pass

FRAMEWORKS = Path(windows.__file__).parent


@pytest.mark.parametrize(
    "layer",
    [
        AvgPool(2, 2),
        AvgPool(3, 2, padding=1),
        AvgPool(3, 2, ceil=True),
        AvgPool(2, 2, padding=1, ceil=True),
        AvgPool((3, 2), (1, 2), (1, 0), ceil=True),
    ],
)
@pytest.mark.parametrize("size", [(8, 7), (5, 6)])
def test_views_over_sizes_are_the_means(layer, size):
    x = np.random.default_rng(0).random((2, 3, *size))
    window = layer.window(x.shape)
    padded = np.pad(x, [(0, 0), (0, 0), *window.edges])
    total = sum(padded[:, :, rows, columns] for rows, columns in windows.views(window))
    means = total / windows.sizes(layer, x.shape)
    np.testing.assert_allclose(means, Pass({}).apply(layer, x))


def test_an_image_with_its_channels_last_is_described_with_them_first():
    assert windows.described((2, 5, 7, 3)) == (2, 3, 5, 7)
    assert windows.described((2, 4, 5, 7, 3)) == (2, 3, 4, 5, 7)
    assert windows.described((2, 5, 7)) == (2, 5, 7), "a sequence lies as it is described"
    assert windows.over_places(4, (7, 8), 1) == (1, 7, 8, 1)
    assert windows.over_places(3, (7,), 1) == (1, 1, 7)
    layer, shape = MaxPool(3, 2), windows.described((2, 9, 9, 3))
    assert layer.output_shape(shape) == (2, 3, 4, 4)


def test_one_by_one_is_depthwise_into_as_many_channels():
    assert windows.one_by_one(Conv2d(4, 4, 3, groups=4))
    others = Conv2d(4, 8, 3, groups=4), Conv2d(4, 4, 3, groups=2), Conv2d(1, 1, 3)
    assert not any(map(windows.one_by_one, others))


@pytest.mark.parametrize(
    ("text", "home"),
    [
        ("layer.groups == layer.inputs", "channels_last.py"),
        ("np.ndindex(*window.kernel", "windows.py"),
        ("np.minimum(begins", "windows.py"),
    ],
)
def test_it_is_written_down_once(text, home):
    found = [path.name for path in FRAMEWORKS.rglob("*.py") if text in path.read_text()]
    assert found == [home]
