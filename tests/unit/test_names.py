"""What readers see in place of device ids, paths and the names of suites."""

from __future__ import annotations

import pytest

from bench import names
from bench.names import Contender
from suites import errors

CPU, ONE, TWO = ("cpu", "cpu"), ("cuda:0", "gpu"), ("cuda:1", "gpu")


@pytest.mark.parametrize(
    ("run", "called"),
    [
        ([Contender("torch", *ONE), Contender("jax", *ONE)], ["torch", "jax"]),
        ([Contender("torch", *CPU), Contender("torch", *ONE)], ["torch (CPU)", "torch (GPU)"]),
        (
            [Contender("torch", *CPU), Contender("torch", *ONE), Contender("torch", *TWO)],
            ["torch (CPU)", "torch (cuda:0)", "torch (cuda:1)"],
        ),
        (
            [Contender("./my cheats/nowait.py@jit", *CPU), Contender("a.py==1.2", *ONE)],
            ["nowait@jit (CPU)", "a==1.2 (GPU)"],
        ),
    ],
)
def test_a_contender_is_called_by_what_tells_it_from_others(
    run: list[Contender], called: list[str]
) -> None:
    assert names.contenders(run) == called


@pytest.mark.parametrize("spec", ["./torch.py", "torch:file.whl", "torch:dev", "./adapter", ".py"])
def test_a_path_that_would_be_taken_for_another_stays(spec: str) -> None:
    assert names.specs([spec]) == {spec: spec}
    assert len(set(names.specs(["./a/mine.py", "./b/mine.py"]).values())) == 2


@pytest.mark.parametrize(
    ("suite", "name", "called"),
    [
        ("matmul", "square", "matmul"),
        ("cnn", "small_cnn_train", "small cnn train"),
        ("hackintosh", "with_generation", "dot + drawing"),
        ("my_suite", "a_b", "my_suite a b"),
        ("cnn", "", "cnn"),
        ("cnn", "square", "cnn"),
        ("", "", ""),
    ],
)
def test_work_is_called_as_one_would_say_it(suite: str, name: str, called: str) -> None:
    assert names.work(suite, name) == called


@pytest.mark.parametrize(
    ("word", "known"), [("FP32", "float32"), ("bf16", "bfloat16"), ("dot", "hackintosh")]
)
def test_another_name_of_what_is_known_is_understood_in_the_error(word: str, known: str) -> None:
    assert errors.meant(word, [known, "matmul"]) == f" Did you mean {known}?"
    assert errors.meant(word, ["nothing near"]) == ""
