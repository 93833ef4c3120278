"""The tables and histograms that the judge's script prints."""

from collections import Counter, defaultdict

from rich.console import Console
from rich.table import Table

from scripts.judge import simulated

BINS = (0.01, 0.03, 0.1, 0.3, 0.5, 1.0)
"""Upper ends of error / limit; what is above the last one is accused."""


def histogram(ratios):
    """How many lie in each bin, as a line."""
    counts, names = Counter(), ["0", *map(str, BINS), "more"]
    for ratio in ratios:
        counts[sum(ratio > end for end in BINS)] += 1
    parts = [f"{names[i]}-{names[i + 1]}: {counts[i]}" for i in range(len(BINS) + 1)]
    return "  ".join(parts)


def matrix(found, honest, file):
    """A row for each lie: how often it was found, and by which word."""
    rows, missed = defaultdict(Counter), []
    for (contender, case), cell in found.items():
        truth = simulated.truth(contender, case, cell, honest)
        word = _word(cell)
        rows[contender.variant, truth][word] += 1
        if word == "missed" and truth in ("wrong", "quick", "elsewhere"):
            missed.append((contender, case, cell))
        if word != "missed" and truth == "true":
            missed.append((contender, case, cell))
    table = Table(box=None, pad_edge=False)
    words = ("wrong", "untimed", "suspect", "failed", "skipped", "missed")
    for column in ("variant", "is", *words):
        table.add_column(column)
    for (variant, truth), counts in sorted(rows.items()):
        table.add_row(variant, truth, *(str(counts[word] or "") for word in words))
    console = Console(width=120, file=file)
    console.print(table)
    for contender, case, cell in missed:
        claimed = "-" if cell.claimed_s is None else f"{cell.claimed_s * 1e6:.2f} us"
        true = honest.get((_honest(contender), case))
        fact = f", truth {true.claimed_s * 1e6:.2f} us" if true and true.claimed_s else ""
        said = _word(cell)
        print(f"  {said}: {_named(contender)} {case} {claimed}{fact}", file=file)
    return sum(_word(cell) == "missed" for *_, cell in missed)


def accused(honest, file):
    """The honest cells that were accused, one a line; how many."""
    count = 0
    for (contender, case), cell in honest.items():
        if cell.said:
            count += 1
            print(f"  accused: {_named(contender)} {case} {cell.said[:2]}", file=file)
    return count


def smallest(found, honest):
    """By variant, the smallest error / limit by which a wrong answer was found."""
    least = {}
    for (contender, case), cell in found.items():
        truth = simulated.truth(contender, case, cell, honest)
        if truth in ("wrong", "below"):
            ratio = max(cell.ratios, default=0.0)
            key = truth, contender.variant
            least[key] = min(least.get(key, (float("inf"), "")), (ratio, case))
    return least


def _word(cell):
    words = {word for word, *_ in cell.said}
    order = ("wrong", "untimed", "suspect", "failed", "withdrawn", "skipped")
    return next((word for word in order if word in words), "missed")


def _honest(contender):
    return simulated.Contender(contender.profile, "honest", contender.step_s)


def _named(contender):
    taken = "" if contender.step_s is None else f" {contender.step_s * 1e6:g} us"
    return f"{contender.profile} {contender.variant}{taken}"


def ratios(cells):
    """Error / limit of every verification of these cells."""
    return [ratio for cell in cells.values() for ratio in cell.ratios]


LARGEST = 10


def answers(lines, file):
    """What became of the cells of real frameworks; how many were accused."""
    cells = [line for line in lines if "before" in line]
    bad = [line for line in cells if line["before"]["failed"] or line["after"]["failed"]]
    bad += [line for line in lines if "failed" in line]
    worst = [
        (part["ratio"], line["framework"], line["case"], line["seed"], phase, part["name"])
        for line in cells
        for phase, part in (("before", line["before"]), ("after", line["after"]))
        if part["ratio"] is not None
    ]
    others = Counter(
        word for line in lines for word in ("no reference", "unsupported") if word in line
    )
    count = Counter(line["framework"] for line in cells)
    told = ", ".join(f"{name} {n}" for name, n in count.items())
    print(f"Honest frameworks: {len(cells)} cells ({told}), {len(bad)} accused", file=file)
    print(f"  left out: {dict(others) or 'none'}", file=file)
    print(
        f"  error / limit of {len(worst)} verifications: {histogram(w[0] for w in worst)}",
        file=file,
    )
    for row in sorted(worst, reverse=True)[:LARGEST]:
        print(f"  {row[0]:7.3f} {row[1]} {row[2]} seed {row[3]} {row[4]}: {row[5]}", file=file)
    for line in bad:
        why = line.get("failed") or (line["before"]["failed"] + line["after"]["failed"])[:2]
        print(f"  accused: {line['framework']} {line['case']} seed {line['seed']} {why}", file=file)
    return len(bad)
