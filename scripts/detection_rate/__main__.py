"""How often each harness gives the right word, as a table.

.venv/host/bin/python -m scripts.detection_rate [--smoke] [--slowed 0 3 2] [--comparisons N]
                                                [--others N] [--pyperf N]
"""

import argparse
import collections
import time
from functools import partial

from rich.console import Console
from rich.table import Table

from scripts.detection_rate import others, ours

QUESTIONS = {
    0: (0.0, 16, 10, "same"),
    3: (0.03, 10, 10, "slower"),
    2: (0.02, 20, 14, "slower"),
}
"""By percent: how much slower the second contender is, seconds of measuring, the starts among which
they are divided, the right word."""

SMOKE = 0.3
"""Part of these seconds that a smoke run takes: enough to see that all works, too few to judge."""


def main():
    parser = argparse.ArgumentParser(prog="scripts.detection_rate")
    parser.add_argument("--smoke", action="store_true", help="few of each, in under 2 minutes")
    parser.add_argument("--slowed", type=int, nargs="+", choices=QUESTIONS, default=list(QUESTIONS))
    parser.add_argument("--comparisons", type=int, default=100)
    parser.add_argument("--others", type=int, default=20, help="of timeit and torch")
    parser.add_argument("--pyperf", type=int, default=5, help="of pyperf, a minute each")
    asked = parser.parse_args()
    if asked.smoke:
        asked.comparisons, asked.others, asked.pyperf = 1, 1, 1
    part = SMOKE if asked.smoke else 1.0
    table = _table()
    for share, budget_s, starts, right in map(QUESTIONS.get, asked.slowed):
        question = f"slowed by {share:.0%}" if share else "against itself"
        mine = _Ours(share, part * budget_s, starts)
        _ask(table, question, "Metalbench", right, asked.comparisons, mine.word)
        table.add_row("", "", "", "", "", mine.measured)
        tools = {"timeit": others.timeit, "torch.utils.benchmark": others.torch}
        for name, tool in tools.items():
            _ask(table, question, name, right, asked.others, partial(tool, share, part))
        _ask(table, question, "pyperf", right, asked.pyperf, partial(others.pyperf, share, part))
    Console(width=110).print(table)


class _Ours:
    """Our words on one question, each printed as it comes."""

    def __init__(self, share, budget_s, starts):
        self._asked, self._spent_s = (share, budget_s, starts), []

    def word(self):
        verdict, seconds, ratio = ours.word(*self._asked)
        self._spent_s.append(seconds)
        print(f"  {verdict} {ratio:.4f} {seconds:.1f} s", flush=True)
        return verdict

    @property
    def measured(self):
        spent_s = self._spent_s
        return f"measured {sum(spent_s) / len(spent_s):.1f} s a pair, {max(spent_s):.1f} at most"


def _ask(table, question, name, right, count, word):
    """A row: how often each word was given."""
    if count == 0:
        return
    begun = time.monotonic()
    words = collections.Counter(word() for _ in range(count))
    taken_s = (time.monotonic() - begun) / count
    wrong = sum(
        words[each] for each in ("faster", "slower", "same") if each not in (right, "unresolved")
    )
    given = ", ".join(f"{words[each]} {each}" for each in words)
    print(f"{question}: {name}: {given}", flush=True)
    row = (question, name, f"{words[right]} of {count}", str(wrong), given, f"{taken_s:.1f} s each")
    table.add_row(*row)


def _table():
    table = Table(box=None, pad_edge=False)
    for column in ("question", "harness", "right", "wrong", "words", "time"):
        table.add_column(column)
    return table


if __name__ == "__main__":
    main()
