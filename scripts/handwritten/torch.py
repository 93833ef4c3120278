"""PyTorch: its own encoder; ResNet-18 and MobileNetV2 as hand-written modules."""

import torch
from torch import nn

from scripts.handwritten.torch_gpt2 import GPT2, decode  # noqa: F401  the race calls it
from scripts.handwritten.torch_unet import UNet

WIDENED = (
    *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
    *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
)
"""Expansion, channels, blocks, and the stride of the first."""


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x):
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


def resnet18():
    blocks, inputs = [], 64
    for outputs, stride in ((64, 1), (128, 2), (256, 2), (512, 2)):
        blocks += [Block(inputs, outputs, stride), Block(outputs, outputs, 1)]
        inputs = outputs
    return nn.Sequential(
        nn.Conv2d(3, 64, 7, 2, 3, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, 1),
        *blocks,
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(512, 10),
    )


class InvertedResidual(nn.Module):
    def __init__(self, inputs, outputs, expansion, stride):
        super().__init__()
        width = inputs * expansion
        self.conv = nn.Sequential(
            *(convolution(inputs, width, 1) if expansion != 1 else ()),
            *convolution(width, width, 3, stride, groups=width),
            nn.Conv2d(width, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.conv(x) if self.adds else self.conv(x)


def mobilenet_v2():
    features, inputs = [*convolution(3, 32, 3, 2)], 32
    for expansion, channels, blocks, stride in WIDENED:
        for position in range(blocks):
            block = InvertedResidual(inputs, channels, expansion, 1 if position else stride)
            features.append(block)
            inputs = channels
    features += convolution(320, 1280, 1)
    return nn.Sequential(
        *features, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.0), nn.Linear(1280, 10)
    )


def convolution(inputs, outputs, kernel, stride=1, groups=1):
    return (
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(inplace=True),
    )


def encoder():
    layer = nn.TransformerEncoderLayer(512, 8, 2048, dropout=0.0, batch_first=True)
    return nn.TransformerEncoder(layer, 6, enable_nested_tensor=False)


class LanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Embedding(10_000, 200)
        self.rnn = nn.LSTM(200, 200, num_layers=2, batch_first=True)
        self.decoder = nn.Linear(200, 10_000)

    def forward(self, x):
        states, _ = self.rnn(self.encoder(x))
        return self.decoder(states)


MODELS = {
    "unet": UNet,
    "gpt2": GPT2,
    "lstm": LanguageModel,
    "encoder": encoder,
    "resnet18": resnet18,
    "mobilenet_v2": mobilenet_v2,
}


def count(model):
    return sum(weight.numel() for weight in model.parameters())


def forward(model, x):
    model, x = laid(model, x)
    # The encoder was published in training mode, which is another path through its module.
    model.train(isinstance(model, nn.TransformerEncoder))

    def step():
        with torch.inference_mode():
            return model(x)

    return step


def prepare():
    """Autocast needs nothing."""


def train(model, x, labels, lr, decay=0.0, narrow=False):
    model, x = laid(model, x)
    labels = torch.tensor(labels, dtype=torch.int64)
    kind = torch.optim.AdamW if decay else torch.optim.Adam
    optimizer = kind(model.parameters(), lr=lr, weight_decay=decay, fused=True)

    def step():
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=narrow):
            loss = nn.functional.cross_entropy(model(x).flatten(0, -2), labels.flatten())
        loss.backward()
        optimizer.step()

    return step


def laid(model, x):
    """Images and kernels with their channels last, as is faster on a CPU; tokens as its index."""
    x = torch.tensor(x)
    if not x.is_floating_point():
        return model, x.long()
    if x.dim() != 4:
        return model, x
    last = torch.channels_last
    return model.to(memory_format=last), x.contiguous(memory_format=last)
