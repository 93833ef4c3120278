"""What a bisection says: a line for each decision, and what it came to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from bench.bisect.oracle import Told
from bench.bisect.search import Found
from bench.statistics.estimates import Estimate

_LINKS = {"slower": "slower than", "faster": "faster than", "same": "as fast as"}


def line(told: Told, *, wrong: bool) -> str:
    """`2.11.0: slower than 2.8.0, 1.052x (95 %: 1.047 to 1.058), 6 starts`."""
    if told.word == "untestable":
        return f"{told.other}: skipped. {told.reason}"
    if wrong:
        word = f"wrong: {told.reason}" if told.word == "wrong" else "right"
        return f"{told.other}: {word}"
    shown = times(told)
    if told.word in _LINKS:
        return f"{told.other}: {_LINKS[told.word]} {told.base}, {shown}"
    return f"{told.other}: not decided beside {told.base}, {shown}"


def times(told: Told) -> str:
    """`1.052x (95 %: 1.047 to 1.058), 6 starts`."""
    ratio = told.ratio
    if ratio is None:
        return "no shared round"
    between = " (95 %: {:.3f} to {:.3f})".format(*ratio.interval) if ratio.interval else ""
    by = ", by CPU time" if told.by_cpu else ""
    return f"{ratio.value:.3f}x{between}, {ratio.starts} start{'s' * (ratio.starts != 1)}{by}"


def nothing(told: Told, framework: str, threshold: float, *, wrong: bool) -> str:
    """Why there is nothing to find, the last version not being known to be worse."""
    where = f"{framework} {told.other}"
    if told.word == "untestable":
        return f"{where} cannot be measured: {told.reason}"
    if wrong:
        return f"{where} is not wrong, and nor is {told.base}: nothing to find."
    shown = times(told)
    if told.word == "unknown":
        return (
            f"it cannot be told whether {where} is slower than {told.base} by {100 * threshold:g} "
            f"%: {shown}. More starts (STARTS) or a quieter machine may tell"
        )
    return (
        f"{where} is not slower than {told.base} by {100 * threshold:g} % or more: {shown}. "
        "Nothing to find."
    )


def found(
    answer: Found, at: Callable[[str, str], Told], framework: str, threshold: float, *, wrong: bool
) -> Iterator[str]:
    """Sentences of what was found; `at` gives what was told of two versions."""
    assert answer.bad is not None
    became = "wrong" if wrong else "slower"
    if answer.between:
        yield (
            f"{framework} became {became} after {answer.good}, in {answer.bad} or before it. Of "
            f"{', '.join(answer.between)} it cannot be told."
        )
    else:
        yield f"{framework} became {became} in {answer.bad}; {answer.good} was not."
    if not wrong:
        yield from _sizes(answer, at, threshold)
    looked = len(answer.decisions)
    yield (
        f"Looked at: {', '.join(each.other for each in answer.decisions)}. If it had changed "
        f"more than once, other releases would show it too; these {looked} cannot."
    )


def _sizes(answer: Found, at: Callable[[str, str], Told], threshold: float) -> Iterator[str]:
    """How much of it the step is."""
    assert answer.bad is not None
    first, last = answer.decisions[0].base, answer.decisions[0].other
    step, whole = at(answer.good, answer.bad), at(first, last)
    yield f"{answer.bad} against {answer.good}: {times(step)}."
    if (answer.good, answer.bad) == (first, last):
        return
    yield f"{last} against {first}: {times(whole)}."
    if step.word != "slower":
        yield (
            f"The step alone is not {100 * threshold:g} %: the time has grown by little over "
            f"several releases, and passed {100 * threshold:g} % over {first} in {answer.bad}."
        )
    elif answer.bad != last and _left(step.ratio, whole.ratio, threshold):
        yield f"The rest came later: GOOD={answer.bad} BAD={last} finds it."


def _left(step: Estimate | None, whole: Estimate | None, threshold: float) -> bool:
    """Whether the whole is beyond doubt more than the step."""
    if step is None or whole is None or not (step.interval and whole.interval):
        return False
    beyond = math.log(whole.interval[0]) - math.log(step.interval[1])
    return beyond > 0 and whole.value / step.value > 1 + threshold
