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
    **dict.fromkeys(("hidden_size", "embed_dim", "normalized_shape"), "width"),
    "learning_rate": "lr",
    "negative_slope": "slope",
    "num_embeddings": "tokens",
    "num_layers": "levels",
    "p": "rate",
    "dim": "axis",
    "scale_factor": "scale",
    "upscale_factor": "factor",
}
"""What others, or reports, call it."""


def meant(word: str, known: Iterable[str]) -> str:
    """` Did you mean torch?`, with its space; nothing where no known word is near."""
    by_lower = {each.lower(): each for each in known}
    other = _OTHER_NAMES.get(word.lower(), "")
    near = [other] if other in by_lower else difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f" Did you mean {by_lower[near[0]]}?" if near else ""
