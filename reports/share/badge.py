"""A badge, `badge.svg`: who leads, and that it was verified, in one line for a README."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from reports.content import Content
from reports.formatting import plain

_LEFT = "metalbench"
_CHARACTER = 6.6
"""Units of width of a character at 11 units of height, on average; the text is fitted to it."""
_MARGIN = 6
_MOST = 60
"""Characters of the right half."""

GOOD, BAD, UNKNOWN = "#0b6e4f", "#b3261e", "#5a636c"


def render(content: Content) -> str:
    """Of the first run; `nothing measured` without any."""
    words, colour = _words(content)
    left = 2 * _MARGIN + _CHARACTER * len(_LEFT)
    right = 2 * _MARGIN + _CHARACTER * len(words)
    name = quoteattr(f"{_LEFT}: {words}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right:.0f}" height="20"'
        f' role="img" aria-label={name}>'
        f"<title>{escape(f'{_LEFT}: {words}')}</title>"
        f'<rect rx="3" width="{left + right:.0f}" height="20" fill="#333b43"/>'
        f'<path d="M{left:.0f} 0h{right - 3:.0f}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{right - 3:.0f}z"'
        f' fill="{colour}"/>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f"{_text(_LEFT, _MARGIN)}{_text(words, left + _MARGIN)}</g></svg>\n"
    )


def _words(content: Content) -> tuple[str, str]:
    if not content.fronts or not content.fronts[0].bars:
        return "nothing measured", UNKNOWN
    front = content.fronts[0]
    words = front.cards[-1].answer if front.cards else "nothing to compare"
    if any(card.tone == "bad" for card in front.cards):
        return plain(next(card.answer for card in front.cards if card.tone == "bad"), _MOST), BAD
    first = front.bars[0]
    if not first.fastest:
        return plain(words, _MOST), GOOD
    return plain(f"{first.label} leads in {first.fastest} of {first.run}, verified", _MOST), GOOD


def _text(words: str, at: float) -> str:
    width = _CHARACTER * len(words)
    return f'<text x="{at:.1f}" y="14" textLength="{width:.1f}">{escape(words)}</text>'
