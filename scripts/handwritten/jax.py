"""JAX: models of Flax, optimized with Optax, taken apart so that one `jit` holds the whole step."""

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from scripts.handwritten.jax_gpt2 import decode, gpt2  # noqa: F401  the race calls it

WIDTH = 512


class Block(nnx.Module):
    def __init__(self, inputs, outputs, stride, rngs):
        self.conv1, self.bn1 = convolution(inputs, outputs, 3, stride, rngs)
        self.conv2, self.bn2 = convolution(outputs, outputs, 3, 1, rngs)
        same = stride == 1 and inputs == outputs
        self.shortcut = same or nnx.Sequential(*convolution(inputs, outputs, 1, stride, rngs))

    def __call__(self, x):
        y = nnx.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return nnx.relu(y + (x if self.shortcut is True else self.shortcut(x)))


class ResNet18(nnx.Module):
    def __init__(self, rngs):
        blocks, inputs = [], 64
        for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
            blocks += [Block(inputs, outputs, stride, rngs), Block(outputs, outputs, 1, rngs)]
            inputs = outputs
        self.conv1, self.bn1 = convolution(3, 64, 7, 2, rngs)
        self.blocks = nnx.Sequential(*blocks)
        self.fc = nnx.Linear(512, 10, rngs=rngs)

    def __call__(self, x):
        x = nnx.relu(self.bn1(self.conv1(x)))
        x = nnx.max_pool(x, (3, 3), (2, 2), ((1, 1), (1, 1)))
        return self.fc(jnp.mean(self.blocks(x), axis=(1, 2)))


class EncoderLayer(nnx.Module):
    def __init__(self, rngs):
        self.attention = nnx.MultiHeadAttention(8, WIDTH, decode=False, rngs=rngs)
        self.norm1 = nnx.LayerNorm(WIDTH, epsilon=1e-5, rngs=rngs)
        self.linear1 = nnx.Linear(WIDTH, 2048, rngs=rngs)
        self.linear2 = nnx.Linear(2048, WIDTH, rngs=rngs)
        self.norm2 = nnx.LayerNorm(WIDTH, epsilon=1e-5, rngs=rngs)

    def __call__(self, x):
        x = self.norm1(x + self.attention(x))
        return self.norm2(x + self.linear2(nnx.relu(self.linear1(x))))


class LanguageModel(nnx.Module):
    def __init__(self, rngs):
        self.encoder = nnx.Embed(10_000, 200, rngs=rngs)
        self.rnn = nnx.Sequential(
            *(nnx.RNN(nnx.OptimizedLSTMCell(200, 200, rngs=rngs), rngs=rngs) for _ in range(2))
        )
        self.decoder = nnx.Linear(200, 10_000, rngs=rngs)

    def __call__(self, x):
        return self.decoder(self.rnn(self.encoder(x)))


def convolution(inputs, outputs, kernel, stride, rngs):
    return (
        nnx.Conv(
            inputs,
            outputs,
            (kernel, kernel),
            strides=stride,
            padding=kernel // 2,
            use_bias=False,
            rngs=rngs,
        ),
        nnx.BatchNorm(outputs, momentum=0.9, epsilon=1e-5, rngs=rngs),
    )


class Twice(nnx.Module):
    def __init__(self, inputs, outputs, rngs):
        self.conv1, self.bn1 = convolution(inputs, outputs, 3, 1, rngs)
        self.conv2, self.bn2 = convolution(outputs, outputs, 3, 1, rngs)

    def __call__(self, x):
        return nnx.relu(self.bn2(self.conv2(nnx.relu(self.bn1(self.conv1(x))))))


class Level(nnx.Module):
    """One level of a U-Net and all below it."""

    def __init__(self, inputs, channels, rngs):
        width, *below = channels
        self.down = Twice(inputs, width, rngs)
        self.deepest = not below
        if below:
            self.below = Level(width, below, rngs)
            self.up = nnx.ConvTranspose(below[0], width, (2, 2), strides=(2, 2), rngs=rngs)
            self.joined = Twice(2 * width, width, rngs)

    def __call__(self, x):
        x = self.down(x)
        if self.deepest:
            return x
        up = self.up(self.below(nnx.max_pool(x, (2, 2), (2, 2))))
        return self.joined(jnp.concatenate([x, up], axis=-1))


def unet():
    rngs = nnx.Rngs(0)
    return nnx.Sequential(Level(3, (64, 128, 256, 512), rngs), nnx.Conv(64, 2, (1, 1), rngs=rngs))


def resnet18():
    return ResNet18(nnx.Rngs(0))


def encoder():
    rngs = nnx.Rngs(0)
    return nnx.Sequential(*(EncoderLayer(rngs) for _ in range(6)))


def language_model():
    return LanguageModel(nnx.Rngs(0))


MODELS = {
    "gpt2": gpt2,
    "unet": unet,
    "lstm": language_model,
    "encoder": encoder,
    "resnet18": resnet18,
}


def count(model):
    return sum(weight.size for weight in jax.tree.leaves(nnx.state(model, nnx.Param)))


def forward(model, x):
    model.eval()
    graph, state = nnx.split(model)
    infer = jax.jit(lambda state, x: nnx.merge(graph, state)(x))
    x = place(x)
    return lambda: jax.block_until_ready(infer(state, x))


def prepare():
    """Casts need nothing."""


def train(model, x, labels, lr, decay=0.0, narrow=False):
    model.train()
    graph, weights, rest = nnx.split(model, nnx.Param, ...)
    x, labels, rule = (
        place(x),
        jnp.array(labels),
        optax.adamw(lr, weight_decay=decay) if decay else optax.adam(lr),
    )

    def loss_of(weights, rest, x, labels):
        if narrow:
            weights, x = jax.tree.map(lambda w: w.astype(jnp.bfloat16), (weights, x))
        model = nnx.merge(graph, weights, rest, copy=True)  # averages are changed in here
        outputs = model(x).astype(jnp.float32)
        loss = optax.softmax_cross_entropy_with_integer_labels(outputs, labels).mean()
        return loss, nnx.split(model, nnx.Param, ...)[2]

    @jax.jit
    def update(weights, rest, moments, x, labels):
        graded = jax.value_and_grad(loss_of, has_aux=True)
        (loss, rest), gradients = graded(weights, rest, x, labels)
        changes, moments = rule.update(gradients, moments, weights)
        return loss, (optax.apply_updates(weights, changes), rest, moments)

    state = weights, rest, rule.init(weights)

    def step():
        nonlocal state
        loss, state = jax.block_until_ready(update(*state, x, labels))
        return loss

    return step


def place(x):
    """On the device, images with their channels last."""
    return jnp.array(x.transpose(0, 2, 3, 1) if x.ndim == 4 else x)
