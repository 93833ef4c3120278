"""`python -m scripts.synthetic_store URL --machines 500 --runs 2`: made-up runs in a store."""

from __future__ import annotations

import argparse

from bench.store import places
from scripts.synthetic_store.runs import fill


def main() -> None:
    """Fill the store that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--machines", type=int, default=500)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    fill(places.at(asked.url), asked.machines, asked.runs, seed=asked.seed)
    print(f"{asked.machines * asked.runs} runs of {asked.machines} machines in {asked.url}")


if __name__ == "__main__":
    main()
