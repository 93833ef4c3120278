"""MLX: GPT-2 as people write it by hand, keys and values in arrays that grow."""

import mlx.core as mx
import mlx.nn as nn

TOKENS, LENGTH, WIDTH, HEADS, LAYERS = 50257, 1024, 768, 12, 12


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.c_attn, self.c_proj = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        self.c_fc, self.out = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

    def __call__(self, x, kept=None):
        q, k, v = (
            part.reshape(*part.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)
            for part in mx.split(self.c_attn(self.ln_1(x)), 3, axis=-1)
        )
        if kept is not None:
            k, v = (mx.concatenate(pair, axis=2) for pair in zip(kept, (k, v), strict=True))
        mask = "causal" if q.shape[2] > 1 else None
        scale = (WIDTH // HEADS) ** -0.5
        y = mx.fast.scaled_dot_product_attention(q, k, v, scale=scale, mask=mask)
        x = x + self.c_proj(y.transpose(0, 2, 1, 3).reshape(x.shape))
        return x + self.out(nn.gelu_approx(self.c_fc(self.ln_2(x)))), (k, v)


class GPT2(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(TOKENS, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.h, self.ln_f = [Block() for _ in range(LAYERS)], nn.LayerNorm(WIDTH)

    def __call__(self, tokens):
        """The logits of what follows the last of the tokens."""
        return self.at(tokens, [None] * LAYERS)[0]

    def at(self, tokens, kept, place=0):
        """Those logits, and all keys and values."""
        x = self.wte(tokens) + self.wpe(mx.arange(place, place + tokens.shape[1]))
        new = []
        for block, own in zip(self.h, kept, strict=True):
            x, own = block(x, own)
            new.append(own)
        return self.wte.as_linear(self.ln_f(x[:, -1])), new


def decode(model, first, steps):
    model.eval()
    first = mx.array(first)

    def step():
        tokens, kept, found = first, [None] * LAYERS, []
        for place in range(steps):
            logits, kept = model.at(tokens, kept, place)
            tokens = mx.argmax(logits, axis=-1, keepdims=True)
            mx.async_eval(tokens)
            found.append(logits)
        mx.eval(mx.stack(found, axis=1))

    return step
