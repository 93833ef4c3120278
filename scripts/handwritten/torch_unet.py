"""PyTorch: a U-Net of four levels, written as modules by hand."""

import torch
from torch import nn

CHANNELS = (64, 128, 256, 512)


class Twice(nn.Sequential):
    def __init__(self, inputs, outputs):
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        widths = list(zip((3, *CHANNELS), CHANNELS, strict=False))
        self.down = nn.ModuleList(Twice(*pair) for pair in widths)
        steps = list(zip(CHANNELS[::-1], CHANNELS[-2::-1], strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose2d(*pair, 2, 2) for pair in steps)
        self.joined = nn.ModuleList(Twice(2 * width, width) for _, width in steps)
        self.pool, self.head = nn.MaxPool2d(2), nn.Conv2d(CHANNELS[0], 2, 1)

    def forward(self, x):
        skips = []
        for number, down in enumerate(self.down):
            x = down(self.pool(x) if number else x)
            skips.append(x)
        skips.pop()
        for up, joined in zip(self.up, self.joined, strict=True):
            x = joined(torch.cat([skips.pop(), up(x)], dim=1))
        return self.head(x).permute(0, 2, 3, 1)
