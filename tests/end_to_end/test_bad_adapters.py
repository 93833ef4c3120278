"""Adapters and suites whose answers are strange: a record with a sentence for each, no traceback,
and nobody called wrong whose values are right. The name of a case says what the adapter does."""

from bench import schema

EACH = "lambda results: {n: (%s) for n, a in results.items()}"

WRONG = {
    "all_nan": (EACH % "a * np.nan", "values are not finite"),
    "flat": (EACH % "np.ravel(a)", "shape [15], expected [5, 3]"),
    "last_nan": (
        EACH % "np.where(np.arange(a.size).reshape(a.shape) == a.size - 1, np.nan, a)",
        "1 values are not finite",
    ),
    "shorter": (EACH % "a[:-1] if a.ndim else a[None]", "shape [4, 3], expected [5, 3]"),
    "wider": (EACH % "np.stack([a, a])", "shape [2, 5, 3], expected [5, 3]"),
    "a_number": (EACH % "a.sum()", "shape [], expected [5, 3]"),
    "too_few": ("lambda results: dict([*results.items()][1:])", "missing from the step's results"),
    "numbered": ("lambda results: dict(enumerate(results.values()))", "missing from the step's"),
    "huge": (EACH % "np.full(a.shape, 1e300)", "not finite"),
}
"""What an adapter makes of right results, and what is said of it: wrong answers."""

FAILED = {
    "nothing": ("lambda results: None", "returns its results by name. Received: NoneType"),
    "listed": ("lambda results: [*results.values()]", "by name. Received: list"),
    "in_words": (EACH % "np.full(a.shape, 'x')", "real numbers. Received: ndarray of <U1"),
    "absent": (EACH % "None", "real numbers. Received: ndarray of object"),
    "imaginary": (EACH % "a + 1j", "real numbers. Received: complex ones"),
    "writes_inputs": ("lambda results: arrays.inputs.popitem()[1].fill(0)", "read-only"),
    "trains_inputs": ("lambda results: written(arrays.inputs['x'], results)", "that it was given"),
}
"""The same where nothing can be compared."""

RIGHT = {
    "as_lists": EACH % "a.tolist()",
    "in_float64": EACH % "np.asarray(a, np.float64)",
    "strided": EACH % "np.repeat(a[..., None], 2, -1)[..., 0]",
    "more": "lambda results: {**results, 'more': np.full(3, np.nan)}",
    "kept": "lambda results: overwritten(kept, results)",
}
"""Unusual, and right: arrays of the host, more than was asked for, the same memory in each step."""

IN_TRAINING = ("last_nan", "shorter", "too_few", "listed", "as_lists", "kept")

ADAPTER = """
def overwritten(kept, results):
    for name, array in results.items():
        kept.setdefault(name, np.empty_like(array))[...] = array
    return kept
def written(array, results):
    "as through an alias of a framework that knows of no flag"
    array.flags.writeable = True
    array += 1
    return results
def build(workload, arrays):
    kept, told = {}, CHANGES.get(workload.name.removesuffix("_train"), "lambda results: results")
    change = eval(told, {**globals(), "arrays": arrays, "kept": kept})
    return changed(workload, arrays, change)
"""

CASES = """
from suites.layers import LayerNorm, Linear, ReLU, Residual, Sequential
from suites.workload import SGD, Adam, Data, Forward, Learn, Train

of = {"suite": "mine", "input_shape": (5, 6)}
PLAIN = Sequential(Linear(6, 16), ReLU(), Linear(16, 3))
"""

ADAPTED = """
def cases(preset):
    for name in FORWARD:
        yield Forward(**of, name=name, model=PLAIN)
    for name in TRAINED:
        yield Train(**of, name=name + "_train", model=PLAIN, optimizer=SGD(lr=0.1))
"""

ILL = (
    CASES
    + """
DOUBLED = Sequential(Linear(6, 6), *(Residual(Sequential(ReLU(), ReLU())) for _ in range(200)))
ONE_CLASS = Sequential(Linear(6, 16), ReLU(), Linear(16, 1))
LEVEL = Sequential(Linear(6, 1), LayerNorm(1), Linear(1, 3))
DATA = Data("synthetic", 64, 40, (6,), 3)

def cases(preset):
    yield Forward(**of, name="doubled", model=DOUBLED)
    yield Train(**of, name="doubled_adam", model=DOUBLED, optimizer=Adam(lr=0.1))
    yield Train(**of, name="one_class", model=ONE_CLASS, optimizer=SGD(lr=0.1))
    yield Forward(**of, name="level", model=LEVEL)
    yield Train(**of, name="level_adam", model=LEVEL, optimizer=Adam(lr=0.1))
    yield Train(**of, name="leaps", model=PLAIN, optimizer=SGD(lr=1e30))
    yield Learn(suite="mine", name="diverges", model=PLAIN, batch=8, epochs=9, data=DATA,
                optimizer=SGD(lr=1e4))
"""
)
"""Values and losses beyond all numbers, and outputs that are the same whatever comes in."""

WITHDRAWN = {"doubled", "doubled_adam", "one_class", "diverges"}
KNOWN = {"level", "level_adam", "leaps"}

SMOKE = ("--preset", "smoke")


def suite_file(folder, text):
    path = folder / "strange.py"
    path.write_text(CASES + text)
    return str(path)


def by_name(records):
    """By the name of their case, what records say: reasons, or problems and figures of checks."""
    found = {}
    for record in records:
        text = record.reason if hasattr(record, "reason") else ""
        for check in getattr(record, "checks", ()):
            if check.problem or check.error > check.limit:
                text += f"{check.name}: {check.problem or check.error / check.limit}; "
        name = record.case.split("/")[1]
        found[name] = found.get(name, "") + text
    return found


def test_answers_of_every_strange_kind(bench, adapter, tmp_path):
    changes = {name: change for name, (change, _) in (WRONG | FAILED).items()} | RIGHT
    path = adapter(f"CHANGES = {changes!r}\n" + ADAPTER)
    suite = suite_file(tmp_path, f"FORWARD, TRAINED = {[*changes]}, {IN_TRAINING}\n" + ADAPTED)
    done = bench("--framework", path, "--suite", suite, *SMOKE)
    assert done.code == 1
    assert "Traceback" not in done.out
    assert "Warning" not in done.out + done.err
    verified = by_name(done.of(schema.Verified, path))
    failed = by_name(done.of(schema.Failed, path))
    for kind, found in ((WRONG, verified), (FAILED, failed)):
        for name, (_, sentence) in kind.items():
            assert sentence in found[name], name
    trained = {name: f"{name}_train" for name in IN_TRAINING}
    assert all(verified[each] for name, each in trained.items() if name in WRONG)
    assert set(failed) == {*FAILED, *(trained[name] for name in trained if name in FAILED)}
    right = {*RIGHT, *(trained[name] for name in trained if name in RIGHT)}
    assert {case.split("/")[1] for case in done.cells(path)} == right
    assert {verified[name] for name in right} == {""}


def test_suites_whose_answers_cannot_be_known(bench, adapter, tmp_path):
    path = adapter("")
    done = bench("--framework", path, "--suite", suite_file(tmp_path, ILL), *SMOKE)
    assert done.code == 0
    assert "Traceback" not in done.out
    assert "Warning" not in done.out + done.err
    skipped = by_name(record for record in done.of(schema.Skipped, path) if record.withdrawn)
    assert set(skipped) == WITHDRAWN
    assert {case.split("/")[1] for case in done.cells(path)} == KNOWN
