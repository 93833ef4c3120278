"""What records say of a pair, and the word for it over several runs."""

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import schema
from bench.bisect import evidence
from bench.bisect.evidence import Measured, decided
from bench.schema import Cell, Check, Failed, Slice, Verified
from bench.statistics.multiplicity import Family
from tests.helpers import builders

A, B = "torch==1/cpu/float32", "torch==2/cpu/float32"
CASE = "mlp/train/64"


def contender(name):
    return schema.Contender(
        contender=name,
        framework="torch",
        spec=name.partition("/")[0],
        device="cpu",
        device_kind="cpu",
        device_name="cpu",
        precision="float32",
        execution="eager",
        threads=1,
    )


def slice_of(name, number, time_s, start=0, **more):
    return Slice(
        contender=name,
        case=CASE,
        round=number,
        start=start,
        steps_per_sample=1,
        samples_s=(time_s,),
        **more,
    )


def run_of(tmp_path, *found):
    case = schema.Case(
        case=CASE,
        suite="mlp",
        name="train",
        size=64,
        flop=1,
        traffic_bytes={},
        definition_sha256="0" * 64,
    )
    head = msgspec.structs.replace(
        builders.run()[0], cases=(case,), contenders=(contender(A), contender(B))
    )
    path = tmp_path / "records.jsonl"
    lines = [msgspec.json.encode(record) for record in (head, *found)]
    path.write_bytes(b"\n".join(lines) + b"\n")
    return evidence.of_run(path)


def proven(name):
    done = Verified(contender=name, case=CASE, phase="after", passed=True, checks=())
    return done, Cell(contender=name, case=CASE, stopped="x", rounds=1, samples=1)


def test_a_contender_is_proven_wrong_or_not_measured(tmp_path):
    bad = Check(name="product", error=2.0, limit=1.0)
    wrong = Verified(contender=B, case=CASE, phase="before", passed=False, checks=(bad,))
    seen = run_of(tmp_path, slice_of(A, 0, 1.0), *proven(A), wrong)
    assert (seen["torch==1"].state, seen["torch==2"].state) == ("proven", "wrong")
    failed = Failed(contender=B, stage="import", reason="no module")
    seen = run_of(tmp_path, *proven(A), failed)
    assert (seen["torch==2"].state, seen["torch==2"].reason) == ("unmeasured", "no module")
    assert "torch==2" not in run_of(tmp_path, *proven(A))


def measured(times_s, starts=None, **more):
    """A contender with a round, and by default a start, for each time."""
    places = starts or range(len(times_s))
    slices = {
        number: slice_of("x", number, time_s, start, **more)
        for number, (time_s, start) in enumerate(zip(times_s, places, strict=True))
    }
    return Measured("x", "proven", "", single=True, slices=slices)


def noisy(random, count, middle, spread):
    return list(middle * np.exp(random.normal(0, spread, count)))


def test_starts_of_several_runs_count_together():
    random, among = np.random.default_rng(0), Family(60)
    pairs = [
        (measured(noisy(random, 6, 1.05, 0.02)), measured(noisy(random, 6, 1.0, 0.02)))
        for _ in range(5)
    ]
    assert decided(pairs[:1], 0.01, among).word == "unresolved"
    found = decided(pairs, 0.01, among)
    assert (found.word, found.ratio.starts, found.by_cpu) == ("slower", 30, False)


def test_it_is_as_sure_as_all_words_of_a_bisection_need():
    """Far off in each of six starts, which chance does once in 64."""
    times = [1.3, 9.0, 1.4, 30.0, 1.3, 2.0]
    pairs = [(measured(times), measured([1.0] * 6))]
    assert decided(pairs, 0.03, Family(60)).word == "unresolved"


def test_in_company_cpu_time_decides():
    random = np.random.default_rng(1)
    company = {"others_cpu_s": 1.0, "wall_s": 1.0, "cpu_system_s": 0.0}
    walls = [list(random.uniform(0.01, 0.03, 6)) for _ in range(2)]

    def one(times_s, cpu_s):
        found = measured(times_s, **company)
        found.slices = {
            at: msgspec.structs.replace(each, cpu_user_s=cpu_s * (1 + at * 1e-4))
            for at, each in found.slices.items()
        }
        return found

    pairs = [(one(walls[0], 0.0105), one(walls[1], 0.01))]
    found = decided(pairs, 0.03, Family(60))
    assert (found.word, found.by_cpu) == ("slower", True)
    pairs[0][0].single = False  # of several threads it says nothing
    assert decided(pairs, 0.03, Family(60)).word == "unresolved"


@settings(max_examples=25)
@given(st.integers(0, 2**32 - 1))
def test_of_two_alike_hardly_ever_is_one_called_slower(seed):
    random = np.random.default_rng(seed)
    words = set()
    for _ in range(4):
        pairs = [(measured(noisy(random, 6, 1.0, 0.005)), measured(noisy(random, 6, 1.0, 0.005)))]
        words.add(decided(pairs, 0.03, Family(60)).word)
    assert "slower" not in words
