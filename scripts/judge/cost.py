"""What the float64 reference costs: CPU seconds of each suite, without its cache, on one thread."""

import resource
import sys

from suites import catalog
from suites.verification import reference
from suites.verification.reference.canonical import asked

PARTS = {
    "default, cnn apart": ("quick", tuple(n for n in catalog.DEFAULT if n != "cnn")),
    "cnn and vendor": ("smoke", ("cnn", "vendor")),
}
"""A preset and its suites, by what they are called."""


def told(out=sys.stdout):
    """Print the seconds of each suite and part."""
    print("The float64 reference, nothing cached: CPU seconds on one BLAS thread", file=out)
    for title, (preset, suites) in PARTS.items():
        total_s, seen = 0.0, set()
        for suite in suites:
            spent_s = sum(_solved_s(case, seen) for case in catalog.cases(suite, preset))
            print(f"  {suite:14} {preset:6} {spent_s:7.1f}", file=out, flush=True)
            total_s += spent_s
        print(f"  {title:21} {total_s:7.1f}", file=out, flush=True)


def _solved_s(case, seen):
    """CPU seconds; 0 for what another case has solved already."""
    if asked(case) in seen:
        return 0.0
    seen.add(asked(case))
    before_s = _cpu_s()
    try:
        reference.solve(case, "float32", 0)
    except reference.NoReference as reason:
        print(f"    {case.case}: {reason}")
    return _cpu_s() - before_s


def _cpu_s():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
