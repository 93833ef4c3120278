"""Whether a run's answers are those of the seed that was asked for: another seed's do not pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from bench.schema import Check, Record, Run, Verified
from bench.trust import challenge, work
from bench.trust.challenge import BadChallenge, Challenge
from bench.verification import answers
from suites.verification.reference import Cache
from tests.helpers import builders, sent_runs

ASKED = "2026-11-20T10:00:00+00:00"
LATER = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def question() -> Challenge:
    return structs.replace(challenge.made(sent_runs.COMMIT, ["matmul"], "smoke"), asked_at=ASKED)


def looked(lines: list[Record], question: Challenge, folder: Path, cache: Path) -> work.Looked:
    found = work.answered(builders.write(folder / "records.jsonl", lines))
    assert found is not None
    return work.look(found, question, Cache(cache), now=LATER)


def test_the_work_of_the_seed_is_shown(question: Challenge, tmp_path: Path, cache: Path) -> None:
    found = looked(sent_runs.honest(cache, seed=question.seed), question, tmp_path, cache)
    assert found.problems == ()
    assert len(found.cells) == len(sent_runs.CASES) * len(sent_runs.MODELS)


def with_answers(lines: list[Record], change: Callable[[Verified], Verified]) -> list[Record]:
    return [change(line) if isinstance(line, Verified) and line.answers else line for line in lines]


def another_seeds(question: Challenge, cache: Path) -> list[Record]:
    """Answers of a run that was made before, under the seed that was asked for."""
    old = sent_runs.honest(cache, seed=7)
    return sent_runs.headed(old, settings={"preset": "smoke", "seed": question.seed})


def anothers_answers(question: Challenge, cache: Path) -> list[Record]:
    """Those to another's question, with the arrays' hash of this one."""
    theirs = sent_runs.honest(cache, seed=99)
    own = sent_runs.honest(cache, seed=question.seed)
    given = {one.case: one.answers for one in theirs if isinstance(one, Verified) and one.answers}
    return with_answers(own, lambda one: structs.replace(one, answers=given[one.case]))


def guessed(question: Challenge, cache: Path) -> list[Record]:
    """Numbers of the right size."""
    random = np.random.default_rng(1)

    def change(one: Verified) -> Verified:
        made = {
            name: tuple(float(each * random.choice((-1, 1)) * 1.3) for each in values)
            for name, values in one.answers.items()
        }
        return structs.replace(one, answers=made)

    return with_answers(sent_runs.honest(cache, seed=question.seed), change)


def noise_added(question: Challenge, cache: Path) -> list[Record]:
    """Right answers with errors that the checks beside them do not tell of."""

    def change(one: Verified) -> Verified:
        checks = tuple(structs.replace(each, error=0.0) for each in one.checks)
        made = {name: tuple(v * (1 + 1e-5) for v in vs) for name, vs in one.answers.items()}
        return structs.replace(one, checks=checks, answers=made)

    return with_answers(sent_runs.honest(cache, seed=question.seed), change)


def one_contender_alone(question: Challenge, cache: Path) -> list[Record]:
    """Worked with one framework, made up for the other."""
    made, own = guessed(question, cache), sent_runs.honest(cache, seed=question.seed)
    return [
        a if getattr(a, "contender", "").startswith("numpy") else b
        for a, b in zip(own, made, strict=True)
    ]


def begun_before(question: Challenge, cache: Path) -> list[Record]:
    return sent_runs.honest(cache, seed=question.seed, started_at="2026-11-19T10:00:00+00:00")


def another_commit(question: Challenge, cache: Path) -> list[Record]:
    made = sent_runs.honest(cache, seed=question.seed)
    return sent_runs.headed(made, commit=sent_runs.COMMIT + "+")


def no_answers(question: Challenge, cache: Path) -> list[Record]:
    made = sent_runs.honest(cache, seed=question.seed)
    return with_answers(made, lambda one: structs.replace(one, answers={}))


def values_left_out(question: Challenge, cache: Path) -> list[Record]:
    """All but one, in which answers of other seeds may agree."""

    def change(one: Verified) -> Verified:
        name, values = next(iter(one.answers.items()))
        return structs.replace(one, answers={name: values[:1]})

    return with_answers(sent_runs.honest(cache, seed=question.seed), change)


def nulls_answers(question: Challenge, cache: Path) -> list[Record]:
    """Of the adapter that is handed the answers."""
    made = sent_runs.honest(cache, seed=question.seed)
    assert isinstance(made[0], Run)
    all_null = tuple(structs.replace(each, framework="null") for each in made[0].contenders)
    return sent_runs.headed(made, contenders=all_null)


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (another_seeds, "other weights or data"),
        (anothers_answers, "times what is accepted"),
        (guessed, "times what is accepted"),
        (noise_added, "its check says 0"),
        (one_contender_alone, "torch/cpu/float32"),
        (begun_before, "before it was asked for"),
        (another_commit, "asked for was"),
        (no_answers, "hold no answers"),
        (values_left_out, "tell nothing of their seed"),
        (nulls_answers, "tell nothing of their seed"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_was_not_worked_for_the_seed_is_not_shown_to_be(
    forge: Callable[[Challenge, Path], list[Record]],
    reason: str,
    question: Challenge,
    tmp_path: Path,
    cache: Path,
) -> None:
    found = looked(forge(question, cache), question, tmp_path, cache)
    assert any(reason in each for each in found.problems), found


def test_a_run_longer_than_the_time_since_it_was_asked_for(
    question: Challenge, tmp_path: Path, cache: Path
) -> None:
    lines = sent_runs.honest(cache, seed=question.seed)
    lines[-1] = structs.replace(lines[-1], at_s=10_000.0)
    found = looked(lines, question, tmp_path, cache)
    assert found.problems == ("it tells of 10000 s, asked for was it 7200 s ago",)


# --- the question -----------------------------------------------------------------------------


def test_a_question_is_read_as_it_was_written(tmp_path: Path) -> None:
    made = challenge.made(sent_runs.COMMIT, ["mlp", "cnn"], "quick", "SHA256:" + "a" * 43)
    path = tmp_path / "question.json"
    path.write_bytes(challenge.encoded(made))
    assert challenge.read(path) == made
    assert made.command == f"make bench SUITE=mlp,cnn PRESET=quick SEED={made.seed}"
    assert 0 < made.seed < 2**48


def test_two_questions_have_two_seeds() -> None:
    assert len({challenge.made(sent_runs.COMMIT, ["mlp"], "quick").seed for _ in range(50)}) == 50


@pytest.mark.parametrize("field", ["commit", "suites", "preset", "asked_at", "nonce", "of"])
def test_a_question_that_was_changed_has_another_seed(tmp_path: Path, field: str) -> None:
    made = challenge.made(sent_runs.COMMIT, ["mlp"], "quick")
    other = {
        "commit": "f" * 40,
        "suites": ("cnn",),
        "preset": "full",
        "asked_at": ASKED,
        "nonce": "0" * 32,
        "of": "SHA256:" + "b" * 43,
    }
    changed = structs.replace(made, **{field: other[field]})
    text = challenge.encoded(changed).decode().replace(str(changed.seed), str(made.seed))
    path = tmp_path / "question.json"
    path.write_text(text)
    with pytest.raises(BadChallenge, match="was changed"):
        challenge.read(path)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=100).map(str.encode)))
@settings(max_examples=50)
def test_a_file_that_asks_nothing_is_refused(content: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "question.json")
        path.write_bytes(content)
        with pytest.raises(BadChallenge, match="asks for nothing"):
            challenge.read(path)


@pytest.mark.parametrize(
    ("commit", "suites", "of"),
    [
        ("0123", ["mlp"], ""),
        (sent_runs.COMMIT + "+", ["mlp"], ""),
        (sent_runs.COMMIT, ["./mine.py"], ""),
        (sent_runs.COMMIT, [], ""),
        (sent_runs.COMMIT, ["mlp"], "somebody@somewhere"),
    ],
)
def test_what_cannot_be_asked_is_refused(commit: str, suites: list[str], of: str) -> None:
    with pytest.raises(BadChallenge):
        challenge.made(commit, suites, "quick", of)


# --- the values shown -------------------------------------------------------------------------


def expected(value: np.ndarray, **limits: float) -> Mapping[str, np.ndarray]:
    entries = {"shape": np.asarray(value.shape), "value": value}
    entries |= {name: np.asarray(limit) for name, limit in limits.items()}
    return {f"before/x/all|{name}": each for name, each in entries.items()}


def test_agreement_that_any_seed_would_pass_proves_nothing() -> None:
    value = np.linspace(1, 2, 100)
    seen = {"x|all": value, "x|shape": np.asarray([100])}
    want = expected(value, worst=1e-3)
    told = answers.shown(seen, want, 5)
    assert answers.judge(told, (), 5, want, want).decades == 0
    apart = answers.judge(told, (), 5, want, expected(-value, worst=1e-3))
    assert not apart.off and apart.decades >= answers.ENOUGH


def test_a_value_is_held_against_the_worst_that_its_check_tells() -> None:
    value = np.linspace(1, 2, 100)
    want = expected(value, worst=1e-3)
    told = {"x/all": tuple(v + 9e-4 for v in value[answers._places("x/all", 100, 16, 5)])}
    honest = (Check(name="x", error=9.1e-4, limit=1e-3),)
    assert not answers.judge(told, honest, 5, want, want).off
    assert answers.judge(told, (Check(name="x", error=1e-5, limit=1e-3),), 5, want, want).off


def test_records_without_answers_stay_readable_and_answers_are_bounded() -> None:
    told = Verified(contender="a", case="b", phase="before", passed=True, checks=())
    assert b"answers" not in msgspec.json.encode(told)
    for wrong in ('{"x":[NaN]}', '{"x":[1e400]}', '{"x":["a"]}', f'{{"x":{[1.0] * 17}}}'):
        line = msgspec.json.encode(told).decode()[:-1] + f',"answers":{wrong}}}'
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(line, type=Verified)
