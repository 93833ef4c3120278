"""What is said of a run on a hosted machine, and when it fails: wrong answers, or none at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from scripts import hosted
from tests.helpers import builders

GPU = replace(builders.FIVE[1], device="mps", device_name="Apple Paravirtual device")


def run(folder: Path, lines) -> Path:
    (folder / "one").mkdir()
    builders.write(folder / "one" / "records.jsonl", lines)
    return folder


def test_a_framework_that_saw_a_gpu_is_named_with_it(tmp_path, capsys) -> None:
    models = (*builders.FIVE[:2], GPU)
    lines = builders.run(models, rounds=3, special=builders.no_special)
    assert hosted.main([str(run(tmp_path, lines))]) == 0
    told = capsys.readouterr().out
    assert "mps (Apple Paravirtual device)" in told
    numpy, torch = (line for line in told.splitlines() if line.startswith(("| numpy", "| torch")))
    assert "| none |" in numpy
    assert "22 (11 on the GPU) | 0 | 0 |" in torch


def test_a_wrong_answer_fails_and_is_told(tmp_path, capsys) -> None:
    wrong = [("torch", "matmul/square/64")]
    lines = builders.run(builders.FIVE[:2], special=builders.no_special, wrong=wrong)
    assert hosted.main([str(run(tmp_path, lines))]) == 1
    assert "- **wrong**: torch" in capsys.readouterr().out


@pytest.mark.parametrize("least", [1, 10_000])
def test_nothing_right_fails(tmp_path, capsys, least) -> None:
    if least == 1:
        assert hosted.main([str(tmp_path)]) == 1
        assert "no run was recorded" in capsys.readouterr().out
        return
    lines = builders.run(builders.FIVE[:1], rounds=3, special=builders.no_special)
    assert hosted.main([str(run(tmp_path, lines)), "--least", str(least)]) == 1
