"""GPT-2 and a decoder of Llama's kind: reading a prompt, and writing token after token."""

from __future__ import annotations

from suites.architectures.gpt2 import gpt2
from suites.architectures.smollm2 import smollm2_135m
from suites.workload import Decode, Forward, Workload

PROMPTS = {"smoke": (8,), "quick": (8, 128), "standard": (8, 128, 1024), "full": (8, 128, 1024)}
"""Tokens that are read at once."""

STEPS = {"smoke": (4,), "quick": (4, 32), "standard": (4, 32, 128), "full": (4, 32, 128)}
"""Tokens that are written one after the other."""

READERS = {"gpt2": gpt2(last=True), "smollm2": smollm2_135m(last=True)}


WRITERS = {"gpt2": gpt2(), "smollm2": smollm2_135m()}


def cases(preset: str) -> tuple[Workload, ...]:
    """Of each model the logits of what follows a prompt of one sample; and tokens written, as most
    people write them, for one reader."""
    prefill = tuple(
        Forward(
            suite="decoder",
            name=f"{name}_prefill_{tokens}",
            model=model,
            input_shape=(1, tokens),
        )
        for name, model in READERS.items()
        for tokens in PROMPTS[preset]
    )
    decode = tuple(
        Decode(suite="decoder", name=f"{name}_decode", model=model, steps=steps)
        for name, model in WRITERS.items()
        for steps in STEPS[preset]
    )
    return (*prefill, *decode)
