"""Weights and inputs drawn at random, for tests of what layers mean."""

from suites.layers import parameters


def weights(random, model, shape):
    """Of a whole model, by path."""
    return {
        path: random.uniform(-1, 1, parameter.shape)
        for path, parameter in parameters(model, shape).items()
    }


def layer(random, of, shape):
    """Of one layer, by name, around what they begin as; and an input of this shape."""
    own = {
        name: parameter.center + random.uniform(-1, 1, parameter.shape) * 0.5
        for name, parameter in of.parameters().items()
    }
    return own, random.uniform(-2, 2, shape)
