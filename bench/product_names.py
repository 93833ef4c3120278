"""Names of products as systems, drivers and frameworks spell them, made comparable."""

from __future__ import annotations

import re

_MAKERS = ("advancedmicrodevices", "amd", "ati", "nvidia", "intel")
"""What some leave off a name. Apple's stays: `M1` alone is no name of a GPU."""

_MARKS = re.compile(r"\((?:r|tm|c)\)|[®™©]", re.IGNORECASE)


def normal(name: str) -> str:
    """One form of all spellings of a name: `radeonprow6800x` of `AMD Radeon PRO W6800X`.

    Case, spaces, marks and the maker's name do not count; every letter and digit of the model does,
    so that an XTX is no XT and a Pro 580 no RX 580.
    """
    bare = re.sub(r"[^0-9a-z]", "", _MARKS.sub("", name).casefold())
    for maker in _MAKERS:
        rest = bare.removeprefix(maker)
        if rest and rest != bare:
            return rest
    return bare or name
