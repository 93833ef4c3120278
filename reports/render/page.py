"""What every page is made with: templates that escape what they are given, one script that may run,
and files that the page itself hands out."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_FOLDER = Path(__file__).parent / "templates"

TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


def _breaking(text: str) -> Markup:
    """A name that may be a path: where it must, it breaks between folders."""
    return escape(text).replace("/", Markup("/<wbr>"))


TEMPLATES.filters["breaking"] = _breaking


@dataclass(frozen=True)
class Offer:
    """A file that the page hands out."""

    label: str
    name: str
    address: str
    """The file itself as a data: URL where it is small, else its name."""


def packed(label: str, name: str, kind: str, content: bytes) -> Offer:
    """A file that is in the page itself; `kind` is its media type."""
    text = base64.b64encode(content).decode("ascii")
    return Offer(label, name, f"data:{kind};base64,{text}")


def render(name: str, *, offers: Sequence[Offer] = (), **values: Any) -> str:
    """The page of this template, which extends `page.html`."""
    script = (_FOLDER / "report.js").read_text(encoding="utf-8")
    # The only script that the page's own policy lets run.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = TEMPLATES.get_template(name)
    return template.render(script=Markup(script), digest=digest, offers=offers, **values)
