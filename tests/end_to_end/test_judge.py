"""The judge and the simulated device, through the real launcher: nobody honest is accused, and each
lie is found. The clock is virtual, so a busy machine changes nothing."""

import io

import pytest

from bench import records
from scripts.judge import simulated, tables
from scripts.judge.simulated import Contender
from tests.simulated import PROFILES, VARIANTS

CASES = """
from tests.simulated import suite
def cases(preset):
    return [case for case in suite.cases(preset) if case.name in {names!r}]
"""

DEVICE, STEP_S, LONG_S = "mps", 1e-3, 0.02

LIES = {
    name: lie for name, lie in VARIANTS.items() if lie.wrong_in | lie.quick_in and not lie.below
}
IN_LEARNING = ["broken_argmax"]
TRUE = ["bf16x3", "waits_last"]
"""No lies: as good as float32; and on a device that works in order the last step's end is all's."""


@pytest.fixture
def judged(tmp_path, measure, monkeypatch):
    """What was said of these contenders at these cases, by contender and case."""

    def run(contenders, names, *, virtual=True):
        if virtual:
            monkeypatch.setenv("METALBENCH_SIMULATED", "1")
        suite = tmp_path / "cases.py"
        suite.write_text(CASES.format(names=names))
        files = {str(contender.file(tmp_path)): contender for contender in contenders}
        done = measure(",".join(files), str(suite))
        paths = done.folder.glob("*/records.jsonl")
        newest = max(paths, key=lambda path: path.stat().st_mtime)
        lines = records.read(newest).records
        return simulated.cells(lines, files, tmp_path / "no report")

    return run


def told(cells):
    said = io.StringIO()
    tables.accused(cells, said)
    return said.getvalue()


def test_nobody_honest_is_accused(judged):
    contenders = [Contender(name, "honest") for name in PROFILES]
    contenders += [Contender(name, "honest", STEP_S) for name in ("h100", "jaxmps", "mlx")]
    cells = judged(contenders, ["square", "cnn_adam"])
    assert told(cells) == ""
    assert len(cells) == 2 * len(contenders)
    assert all(cell.claimed_s for cell in cells.values())
    assert max(tables.ratios(cells)) < 0.5


def test_every_lie_is_found(judged):
    names = [n for n, lie in LIES.items() if not lie.real and n not in (*IN_LEARNING, *TRUE)]
    about_training = [n for n in names if "product" not in LIES[n].wrong_in | LIES[n].quick_in]
    others = set(names) - set(about_training)
    for tried, case in ((others, "square"), (about_training, "mlp_adam")):
        # What is left of one step of many, behind its loss, is too little to make the time wrong.
        steps_s = {name: LONG_S if name == "waits_loss" else STEP_S for name in tried}
        cells = judged([Contender(DEVICE, *pair) for pair in steps_s.items()], [case])
        found = {contender.variant for (contender, _), cell in cells.items() if cell.said}
        assert found == set(tried)


def test_a_lazy_device_that_works_out_the_last_step_alone_is_found(judged):
    cells = judged([Contender("mlx", "waits_last", STEP_S)], ["square"])
    assert all(cell.said for cell in cells.values())


def test_what_is_no_lie_is_not_found(judged):
    cells = judged([Contender(DEVICE, name, STEP_S) for name in TRUE], ["square", "mlp_adam"])
    assert told(cells) == ""


def test_a_broken_argmax_is_found_in_learning(judged):
    (cell,) = judged([Contender(DEVICE, "broken_argmax")], ["learn"]).values()
    assert [said[0] for said in cell.said][:1] == ["wrong"]


@pytest.mark.parametrize("variant", ["clock_at_87", "divided_all"])
def test_a_forged_clock_is_found_by_the_hosts(judged, variant):
    (cell,) = judged([Contender(DEVICE, variant, STEP_S)], ["square"], virtual=False).values()
    assert "untimed" in {said[0] for said in cell.said}


def test_work_on_another_device_than_claimed_is_found(tmp_path):
    """On two cores by its CPU seconds as well, on one by the driver's count alone."""
    words = {"honest": set(), "on_cpu": {"untimed"}, "on_one_core": {"suspect"}}
    contenders = [Contender("h100", variant, 0.01) for variant in words]
    found = simulated.judged(contenders, tmp_path, at_once=1, watched=True)
    assert len(found) == 3 * len(words)
    for (contender, _), cell in found.items():
        assert {word for word, *_ in cell.said} == words[contender.variant], cell.said
