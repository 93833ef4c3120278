"""`python -m scripts.architecture`: draws docs/pictures/architecture.svg, the map of the code.

Boxes are folders (a test holds them to those that exist), arrows say what is handed on.
"""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "architecture.svg"
WIDTH, HEIGHT = 1000, 765
BOX_WIDTH, BOX_HEIGHT = 126, 50

BOXES = {
    "bench/commands": (40, 70, "a verb, its options"),
    "bench/plan": (192, 70, "what fits, its cost"),
    "bench/run": (344, 70, "cases, rounds, slices"),
    "bench/contenders": (496, 70, "a process for each"),
    "bench/doctor": (40, 150, "what would spoil it"),
    "bench/machine": (40, 230, "what computer it is"),
    "bench/terminal": (192, 230, "lines while it runs"),
    "bench/verification": (344, 150, "answers and clocks"),
    "bench/meters": (344, 230, "energy, CPU load"),
    "bench/statistics": (192, 150, "intervals, words"),
    "bench/environments": (496, 150, "pinned packages"),
    "bench/bisect": (496, 230, "which release it was"),
    "bench/worker": (700, 70, "the clock, audits"),
    "frameworks": (846, 70, "an adapter for each"),
    "suites": (435, 318, "workloads, reference"),
    "reports/ingest": (192, 445, "records, untrusted"),
    "reports/verdicts": (344, 445, "wrong, untimed, ok"),
    "reports/frame.py": (496, 445, "a row for each cell"),
    "reports/analysis": (648, 405, "rankings, crossovers"),
    "reports/findings": (648, 485, "what is doubtful"),
    "reports/chapters": (800, 405, "words, tables, plots"),
    "reports/render": (800, 485, "HTML, Markdown"),
    "reports/hardware": (344, 570, "physical limits"),
    "reports/compare": (192, 570, "B against A"),
    "reports/history": (192, 508, "run by run, changes"),
    "reports/answer": (496, 570, "the fifteen lines"),
    "reports/sustain": (344, 508, "pace under heat"),
    "reports/exports": (496, 508, "for other tools"),
    "reports/front": (648, 570, "the first screens"),
    "reports/share": (800, 570, "summary, card"),
    "bench/fleet": (40, 685, "a queue to each"),
    "bench/store": (192, 685, "runs by their hash"),
    "bench/trust": (344, 685, "signed, worked"),
    "reports/store": (496, 685, "tables, queries"),
    "reports/trust": (648, 685, "how far to believe"),
    "reports/site": (800, 685, "a gallery"),
}
"""Each folder, where its box lies, and what it holds in a few words."""

ARROWS = (
    ("bench/commands", "bench/plan"),
    ("bench/plan", "bench/run"),
    ("bench/run", "bench/contenders"),
    ("bench/run", "bench/verification"),
    ("bench/commands", "bench/doctor"),
    ("bench/doctor", "bench/machine"),
    ("bench/contenders", "bench/environments"),
    ("bench/worker", "frameworks"),
    ("reports/ingest", "reports/verdicts"),
    ("reports/verdicts", "reports/frame.py"),
    ("reports/hardware", "reports/verdicts"),
    ("reports/frame.py", "reports/analysis"),
    ("reports/frame.py", "reports/findings"),
    ("reports/frame.py", "reports/exports"),
    ("reports/analysis", "reports/chapters"),
    ("reports/chapters", "reports/render"),
    ("reports/findings", "reports/render"),
    ("reports/front", "reports/share"),
)
"""What is handed on, from and to: along each, one of the two imports the other."""

FRAMES = (
    (20, 30, 622, 270, "host process: the path of a run, bench"),
    (680, 30, 312, 270, "worker process, one for each contender"),
    (172, 385, 774, 250, "host process: the path of a number, reports"),
    (20, 650, 972, 100, "many machines: a fleet measures, a store keeps, a site shows"),
)
"""Processes: left, top, width, height, and what each is."""

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.small { font-size: 11px; fill: #57606a; }
.page { fill: #ffffff; } .frame { fill: #f6f8fa; stroke: #8c959f; }
.box { fill: #ffffff; stroke: #57606a; } .file { fill: #ddf4ff; stroke: #0969da; }
.arrow { stroke: #57606a; stroke-width: 1.5; fill: none; marker-end: url(#head); }
.dashed { stroke-dasharray: 5 4; } #head path { fill: #57606a; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .small { fill: #9da7b3; }
  .page { fill: #0d1117; } .frame { fill: #161b22; stroke: #6e7681; }
  .box { fill: #0d1117; stroke: #9da7b3; } .file { fill: #0c2d4a; stroke: #58a6ff; }
  .arrow { stroke: #9da7b3; } #head path { fill: #9da7b3; }
}"""


def drawn() -> str:
    """The picture: it has a page of its own colour, so it can be read on a light or dark one."""
    frames = "".join(_frame(*frame) for frame in FRAMES)
    boxes = "".join(_box(x, y, name, words) for name, (x, y, words) in BOXES.items())
    files = _box(30, 445, "records.jsonl", "every measurement", "file")
    arrows = "".join(_arrow(_between(BOXES[a], BOXES[b])) for a, b in ARROWS)
    pipe = _arrow(((622, 87), (700, 87))) + _arrow(((700, 103), (622, 103)), "arrow dashed")
    wires = _arrow(((60, 300), (93, 445))) + _arrow(((156, 470), (192, 470)))
    shared = _arrow(((480, 318), (480, 300))) + _arrow(((561, 330), (690, 300)))
    notes = (
        _text(630, 78, "requests", "small")
        + _text(630, 121, "seconds,", "small")
        + _text(630, 135, "answers", "small")
        + _text(700, 180, "Runs in the framework's own environment:", "small")
        + _text(700, 197, "standard library, NumPy, that framework.", "small")
        + _text(700, 222, "It observes; it never knows what is expected.", "small")
        + _text(84, 350, "written as soon as it exists", "small")
        + _text(575, 360, "used by the host and by workers", "small")
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        "<title>The path of a run through bench, and of a number through reports</title>"
        f"<style>{STYLE}\n</style>"
        '<defs><marker id="head" markerWidth="8" markerHeight="8" refX="7" refY="4" '
        'orient="auto"><path d="M0 0 L8 4 L0 8 z"/></marker></defs>'
        f'<rect class="page" width="{WIDTH}" height="{HEIGHT}"/>\n'
        f"{frames}{shared}{arrows}{pipe}{wires}{boxes}{files}{notes}</svg>\n"
    )


def _text(x: float, y: float, words: str, kind: str = "") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}">{escape(words)}</text>\n'


def _frame(x: int, y: int, width: int, height: int, words: str) -> str:
    place = f'x="{x}" y="{y}" width="{width}" height="{height}" rx="8"'
    return f'<rect class="frame" {place}/>\n' + _text(x + 12, y + 22, words)


def _box(x: int, y: int, name: str, words: str, kind: str = "box") -> str:
    place = f'x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="5"'
    label = _text(x + 8, y + 21, name.rpartition("/")[2]) + _text(x + 8, y + 39, words, "small")
    return f'<rect class="{kind}" {place}/>\n' + label


def _between(
    source: tuple[int, int, str], target: tuple[int, int, str]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """From the edge of one box to that of the other: sideways where they lie beside each other."""
    (x, y, _), (u, v, _) = source, target
    if abs(u - x) >= BOX_WIDTH:
        right = u > x
        return (
            (x + BOX_WIDTH * right, y + BOX_HEIGHT / 2),
            (u + BOX_WIDTH * (not right), v + BOX_HEIGHT / 2),
        )
    below = v > y
    middle = BOX_WIDTH / 2
    return (x + middle, y + BOX_HEIGHT * below), (u + middle, v + BOX_HEIGHT * (not below))


def _arrow(ends: tuple[tuple[float, float], tuple[float, float]], kind: str = "arrow") -> str:
    (x, y), (u, v) = ends
    return f'<path class="{kind}" d="M{x:g} {y:g} L{u:g} {v:g}"/>\n'


def main() -> None:
    """Write the picture where the page shows it."""
    PICTURE.write_text(drawn(), encoding="utf-8")


if __name__ == "__main__":
    main()
