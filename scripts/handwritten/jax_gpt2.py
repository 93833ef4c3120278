"""JAX: GPT-2 of Flax as people write it by hand, keys and values in arrays of full length."""

import jax
import jax.numpy as jnp
from flax import nnx
from jax import lax

TOKENS, LENGTH, WIDTH, HEADS, LAYERS = 50257, 1024, 768, 12, 12


class Block(nnx.Module):
    def __init__(self, rngs):
        self.ln_1 = nnx.LayerNorm(WIDTH, epsilon=1e-5, rngs=rngs)
        self.ln_2 = nnx.LayerNorm(WIDTH, epsilon=1e-5, rngs=rngs)
        self.c_attn = nnx.Linear(WIDTH, 3 * WIDTH, rngs=rngs)
        self.c_proj = nnx.Linear(WIDTH, WIDTH, rngs=rngs)
        self.c_fc = nnx.Linear(WIDTH, 4 * WIDTH, rngs=rngs)
        self.out = nnx.Linear(4 * WIDTH, WIDTH, rngs=rngs)

    def __call__(self, x, kept=None, place=0):
        parts = jnp.split(self.c_attn(self.ln_1(x)), 3, axis=-1)
        q, k, v = (part.reshape(*part.shape[:2], HEADS, -1) for part in parts)
        if kept is None:
            y = jax.nn.dot_product_attention(q, k, v, is_causal=True)
        else:
            k, v = kept = tuple(
                lax.dynamic_update_slice_in_dim(old, new, place, axis=1)
                for old, new in zip(kept, (k, v), strict=True)
            )
            seen = (jnp.arange(k.shape[1]) <= place)[None, None, None]
            y = jax.nn.dot_product_attention(q, k, v, mask=seen)
        x = x + self.c_proj(y.reshape(x.shape))
        return x + self.out(nnx.gelu(self.c_fc(self.ln_2(x)), approximate=True)), kept


class GPT2(nnx.Module):
    def __init__(self, rngs):
        self.wte = nnx.Embed(TOKENS, WIDTH, rngs=rngs)
        self.wpe = nnx.Embed(LENGTH, WIDTH, rngs=rngs)
        self.h = nnx.List([Block(rngs) for _ in range(LAYERS)])
        self.ln_f = nnx.LayerNorm(WIDTH, epsilon=1e-5, rngs=rngs)

    def __call__(self, tokens):
        """The logits of what follows the last of the tokens."""
        return self.at(tokens)[0]

    def at(self, tokens, kept=None, place=0):
        """Those logits and, where keys and values are kept, all of them."""
        x = self.wte(tokens) + self.wpe(place + jnp.arange(tokens.shape[1]))
        new = []
        for number, block in enumerate(self.h):
            x, own = block(x, None if kept is None else kept[number], place)
            new.append(own)
        return self.wte.attend(self.ln_f(x[:, -1])), new


def gpt2():
    return GPT2(nnx.Rngs(0))


def decode(model, first, steps):
    graph, state = nnx.split(model)
    room = len(first), steps, HEADS, WIDTH // HEADS

    @jax.jit
    def write(state, first):
        model = nnx.merge(graph, state)

        def step(carried, place):
            logits, kept = model.at(*carried, place)
            return (logits.argmax(-1).astype(first.dtype)[:, None], kept), logits

        kept = [(jnp.zeros(room), jnp.zeros(room)) for _ in range(LAYERS)]
        return lax.scan(step, (first, kept), jnp.arange(steps))[1].swapaxes(0, 1)

    first = jnp.array(first)
    return lambda: jax.block_until_ready(write(state, first))
