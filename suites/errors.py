"""What a user's input can cause, under one class.

Standard library and Python 3.9 only: what makes the environments raises it too.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable


class UserError(ValueError):
    """The input or the request is at fault, and the user can mend it.

    Raised for arguments, files, folders and machines that cannot be used, never for a fault of
    Metalbench. The message is shown as it is and must be enough to go on: what is wrong, what was
    expected, what was received and, where there is one, the command that helps. A command that
    meets one says so in one line, without a traceback, and ends with exit code 2.
    """


def told(words: Callable[[], str], most: int = 4000) -> str:
    """The words of somebody else's object, at most so many characters, or why it has none."""
    try:
        return words()[:most]
    except BaseException as another:  # noqa: BLE001  its class is not ours: anything may fail
        return f"(what it says cannot be told: {type(another).__name__})"


_OTHER_NAMES = {
    **dict.fromkeys(("fp32", "f32", "single"), "float32"),
    **dict.fromkeys(("fp16", "f16", "half"), "float16"),
    "bf16": "bfloat16",
    "dot": "hackintosh",
    **dict.fromkeys(("dense", "fullyconnected"), "linear"),
    "swish": "silu",
    **dict.fromkeys(("multiheadattention", "mha"), "selfattention"),
    **dict.fromkeys(("in_channels", "in_features", "input_size"), "inputs"),
    **dict.fromkeys(("out_channels", "out_features", "filters", "units"), "outputs"),
    **dict.fromkeys(("embed_dim", "embedding_dim", "d_model", "normalized_shape"), "width"),
    "hidden_size": "width or outputs",
    **dict.fromkeys(("intermediate_size", "dim_feedforward"), "hidden"),
    **dict.fromkeys(("num_embeddings", "vocab_size"), "tokens"),
    "input_dim": "tokens or inputs",
    "output_dim": "width or outputs",
    **dict.fromkeys(("num_features", "num_channels"), "channels"),
    "num_layers": "levels",
    "pool_size": "kernel",
    "p": "rate",
    "training": "active",
    "dim": "axis",
    "negative_slope": "slope",
    "scale_factor": "scale",
    "upscale_factor": "factor",
    "learning_rate": "lr",
    "betas": "beta1 and beta2",
    "momentum": "beta1",
    "rho": "alpha or beta2",
    "step_size": "every",
    "t_max": "steps",
    "eta_min": "least",
    **dict.fromkeys(("batch_size", "batch"), "batch or input_shape"),
    "criterion": "loss",
    "max_norm": "clip_norm",
    "gradient_accumulation_steps": "accumulate",
    **dict.fromkeys(("padding_mode", "head_dim", "dropout"), ""),
}
"""What others, or reports, call it: a word of ours, several of which the first that is known
counts, two in its place; or none, where a word of ours is near and means something else."""


def same(word: str, known: Iterable[str]) -> str:
    """The known word that is the same, or what we call it: `lr`, `beta1 and beta2`, or nothing."""
    by_lower = {each.lower(): each for each in known}
    for each in (word.lower(), *_OTHER_NAMES.get(word.lower(), "").split(" or ")):
        if by_lower.keys() >= {*each.split(" and ")}:
            return " and ".join(by_lower[part] for part in each.split(" and "))
    return ""


def nearest(word: str, known: Iterable[str]) -> str:
    """The same, or else the known word that is spelt most alike."""
    by_lower = {each.lower(): each for each in known}
    if (ours := same(word, by_lower.values())) or _OTHER_NAMES.get(word.lower()) == "":
        return ours
    found = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[found[0]] if found else ""


def meant(word: str, known: Iterable[str]) -> str:
    """` Did you mean torch?`, with its space; nothing where no known word is near."""
    found = nearest(word, known)
    return f" Did you mean {found}?" if found else ""
