"""`python -m scripts.published [FILES]`: checks published figures; all of ours by default."""

from __future__ import annotations

import sys
from pathlib import Path

from reports.ingest import published


def main() -> int:
    """Print each problem; 1 if there is one."""
    paths = tuple(map(Path, sys.argv[1:])) or published.shipped()
    found = 0
    for path in paths:
        try:
            problems = published.problems(path)
        except OSError as error:
            problems = (str(error),)
        found += len(problems)
        print("\n".join(f"{path}: {problem}" for problem in problems) or f"{path}: good")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
