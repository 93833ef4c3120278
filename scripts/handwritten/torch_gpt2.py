"""PyTorch: GPT-2 as people write it by hand, with keys and values kept in place."""

import torch
from torch import nn
from torch.nn import functional

TOKENS, LENGTH, WIDTH, HEADS, LAYERS = 50257, 1024, 768, 12, 12


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.c_attn, self.c_proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.c_fc, self.out = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x, kept=None, place=0):
        q, k, v = (
            part.view(*part.shape[:2], HEADS, -1).transpose(1, 2)
            for part in self.c_attn(self.ln_1(x)).split(WIDTH, dim=2)
        )
        if kept is not None:
            kept[0, :, :, place : place + 1], kept[1, :, :, place : place + 1] = k, v
            k, v = kept[:, :, :, : place + 1]
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=kept is None)
        x = x + self.c_proj(y.transpose(1, 2).reshape(x.shape))
        return x + self.out(functional.gelu(self.c_fc(self.ln_2(x)), approximate="tanh"))


class GPT2(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(TOKENS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.h, self.ln_f = nn.ModuleList(Block() for _ in range(LAYERS)), nn.LayerNorm(WIDTH)

    def forward(self, tokens, kept=None, place=0):
        """The logits of what follows the last of the tokens."""
        x = self.wte(tokens) + self.wpe.weight[place : place + tokens.shape[1]]
        for number, block in enumerate(self.h):
            x = block(x, None if kept is None else kept[number], place)
        return functional.linear(self.ln_f(x[:, -1]), self.wte.weight)


def decode(model, first, steps):
    first = torch.tensor(first, dtype=torch.int64)
    kept = torch.zeros(LAYERS, 2, len(first), HEADS, steps, WIDTH // HEADS)

    def step():
        tokens, found = first, []
        with torch.inference_mode():
            for place in range(steps):
                logits = model(tokens, kept, place)
                tokens = logits.argmax(-1, keepdim=True)
                found.append(logits)
            return torch.stack(found, 1)

    return step
