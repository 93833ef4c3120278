"""MLX: modules of mlx.nn and an optimizer of its own, the whole step compiled."""

import functools

import mlx.core as mx
import mlx.nn as nn
from mlx import optimizers, utils

from scripts.handwritten.mlx_gpt2 import GPT2, decode  # noqa: F401  the race calls it

WIDTH = 512


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm(outputs)
        self.shortcut = None
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm(outputs)
            )

    def __call__(self, x):
        y = nn.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return nn.relu(y + (x if self.shortcut is None else self.shortcut(x)))


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm(64)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.blocks, inputs = [], 64
        for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
            self.blocks += [Block(inputs, outputs, stride), Block(outputs, outputs, 1)]
            inputs = outputs
        self.fc = nn.Linear(512, 10)

    def __call__(self, x):
        x = self.pool(nn.relu(self.bn1(self.conv1(x))))
        for block in self.blocks:
            x = block(x)
        return self.fc(mx.mean(x, axis=(1, 2)))


def twice(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm(outputs),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm(outputs),
        nn.ReLU(),
    )


class Level(nn.Module):
    """One level of a U-Net and all below it."""

    def __init__(self, inputs, channels):
        super().__init__()
        width, *below = channels
        self.down, self.below = twice(inputs, width), None
        if below:
            self.below, self.pool = Level(width, below), nn.MaxPool2d(2, 2)
            self.up = nn.ConvTranspose2d(below[0], width, 2, 2)
            self.joined = twice(2 * width, width)

    def __call__(self, x):
        x = self.down(x)
        if self.below is None:
            return x
        return self.joined(mx.concatenate([x, self.up(self.below(self.pool(x)))], axis=-1))


def unet():
    return nn.Sequential(Level(3, (64, 128, 256, 512)), nn.Conv2d(64, 2, 1))


class EncoderLayer(nn.Module):
    """Its own encoder layer has no biases in the attention."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiHeadAttention(WIDTH, 8, bias=True)
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.linear1, self.linear2 = nn.Linear(WIDTH, 2048), nn.Linear(2048, WIDTH)

    def __call__(self, x):
        x = self.norm1(x + self.attention(x, x, x))
        return self.norm2(x + self.linear2(nn.relu(self.linear1(x))))


class LanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Embedding(10_000, 200)
        self.rnn = [nn.LSTM(200, 200), nn.LSTM(200, 200)]
        self.decoder = nn.Linear(200, 10_000)

    def __call__(self, x):
        x = self.encoder(x)
        for level in self.rnn:
            x, _ = level(x)
        return self.decoder(x)


def encoder():
    return nn.Sequential(*(EncoderLayer() for _ in range(6)))


MODELS = {
    "gpt2": GPT2,
    "unet": unet,
    "lstm": LanguageModel,
    "encoder": encoder,
    "resnet18": ResNet18,
}


def count(model):
    return sum(weight.size for _, weight in utils.tree_flatten(model.trainable_parameters()))


def forward(model, x):
    model.eval()
    x = place(x)
    infer = mx.compile(lambda x: model(x), inputs=model.state)
    return lambda: mx.eval(infer(x))


def prepare():
    """Casts need nothing."""


def train(model, x, labels, lr, decay=0.0, narrow=False):
    model.train()
    x, labels = place(x), mx.array(labels)
    kind, named = (optimizers.AdamW, {"weight_decay": decay}) if decay else (optimizers.Adam, {})
    optimizer = kind(lr, bias_correction=True, **named)
    optimizer.init(model.trainable_parameters())
    state = [model.state, optimizer.state]

    def loss_of(weights, x, labels):
        if narrow:
            weights, x = utils.tree_map(lambda w: w.astype(mx.bfloat16), [weights, x])
        model.update(weights)
        outputs = model(x).astype(mx.float32)
        return nn.losses.cross_entropy(outputs, labels, reduction="mean")

    @functools.partial(mx.compile, inputs=state, outputs=state)
    def update(x, labels):
        weights = model.trainable_parameters()
        loss, gradients = mx.value_and_grad(loss_of)(weights, x, labels)
        model.update(weights)  # in float32 again
        optimizer.update(model, gradients)
        return loss

    return lambda: mx.eval(update(x, labels), state)


def place(x):
    """On the device, images with their channels last."""
    return mx.contiguous(mx.array(x.transpose(0, 2, 3, 1) if x.ndim == 4 else x))
