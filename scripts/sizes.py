"""`python scripts/sizes.py`: names every Python file that has grown past what a reader takes in."""

from __future__ import annotations

import sys
from pathlib import Path

MOST_LINES = 300
LONGER = {"bench/schema.py": "the format of records has one definition, on one page"}
"""Files allowed to be longer, by path from the checkout, each with its reason."""
FOLDERS = ("bench", "frameworks", "reports", "scripts", "suites", "tests")
CHECKOUT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Print each file that is too long; 1 if there is one, or an exception no longer needed."""
    lines = {
        path.relative_to(CHECKOUT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for folder in FOLDERS
        for path in sorted((CHECKOUT / folder).rglob("*.py"))
    }
    wrong = [
        f"{path}: {count} lines. Expected at most {MOST_LINES}: split it, or give a reason in "
        "scripts/sizes.py."
        for path, count in lines.items()
        if count > MOST_LINES and path not in LONGER
    ]
    wrong += [
        f"{path}: needs no exception in scripts/sizes.py any more."
        for path in LONGER
        if lines.get(path, 0) <= MOST_LINES
    ]
    print("\n".join(wrong) or f"sizes: {len(lines)} files, the longest {max(lines.values())} lines")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
