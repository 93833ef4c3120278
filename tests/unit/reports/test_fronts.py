"""A case's answer is its front: who leads, and how far behind the others are, at few rounds too."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.schema import Record, Skipped
from reports import content, context
from reports.analysis.ranking import Group
from reports.chapters import cpu_vs_gpu
from reports.content import Content
from reports.findings import omissions, registry
from reports.frame import Results, read
from reports.render import charts, markdown
from suites.workload import Workload
from tests.helpers import builders

RECORDS = Path(__file__).parents[2] / "data" / "records"
SMOKE = RECORDS / "h100-smoke-with-planted-cheats.jsonl.gz"


@pytest.fixture(scope="module")
def smoke() -> Results:
    return read([SMOKE])


@pytest.fixture(scope="module")
def made(smoke: Results) -> Content:
    return content.make(smoke)


def groups(made: Content) -> dict[tuple[str, str, int], Group]:
    return {
        (ranking.suite, ranking.name, group.size): group
        for section in made.sections
        for ranking in section.rankings
        for group in ranking.groups
    }


def test_three_rounds_on_a_gpu_decide_every_case(made: Content) -> None:
    """Before, all of them were too close to call, beside ratios of 84x."""
    found = groups(made)
    assert len(found) == 7
    assert all(group.behind for group in found.values())
    front = [row.label for row in found["matmul", "square", 256].front]
    assert front == ["torch (GPU)", "nowait (GPU)"]
    assert all(row.ratio and row.ratio.value > 1.25 for g in found.values() for row in g.behind)


def test_the_answer_names_the_front_and_the_distance_of_the_rest(made: Content) -> None:
    told = {answer.topic: answer.text for answer in made.sections[0].answers}
    assert "lead together in" in told["mlp"]
    assert "everything else is 1.61x slower or more" in told["mlp"]
    assert "everything else is 28.9x slower or more" in told["matmul"]
    assert not any("clearly fastest" in text for text in told.values())


def test_nothing_of_fewer_than_six_rounds_is_called_95_percent(made: Content) -> None:
    text = markdown.render(made, charts.illustrate(made)).partition("## Published figures")[0]
    for line in text.splitlines():
        if "95 %" in line:
            honest = ("by rounding alone", "by bootstrap", "tell no", "too few for a")
            assert any(words in line for words in honest), line
    assert all(
        row.cell.low_s is None and (row.ratio is None or row.ratio.interval is None)
        for group in groups(made).values()
        for row in group.rows
    )
    measured = [contest for contest in made.contests if not contest.published]
    assert all(contest.crossing.low is None for contest in measured)
    assert all(point.interval is None for contest in measured for point in contest.points)


def test_the_gpu_is_not_called_faster_where_it_is_not_shown(made: Content) -> None:
    said = [cpu_vs_gpu.sentence(each) for each in made.contests if not each.published]
    (compiled,) = (each for each in said if each.startswith("matmul, torch@compile"))
    assert "not told apart at 2 of 3 sizes, faster at 1; no clear crossover" in compiled


def test_six_rounds_have_an_interval_again(tmp_path: Path) -> None:
    few = [cell.low_s for cell in ranked(tmp_path, 5)]
    enough = [cell.low_s for cell in ranked(tmp_path, 6)]
    assert few
    assert not any(few)
    assert all(enough)


def ranked(folder: Path, rounds: int):
    path = builders.write(folder / f"{rounds}.jsonl", builders.run(rounds=rounds))
    found = read([path])
    (name,) = found.runs
    return found.ranked(name)


def late(model: builders.Model, workload: Workload) -> Record | None:
    if workload.suite == "mlp":
        return Skipped(model.id, "the run's time", workload.case, no_time=True)
    return None


def test_what_found_no_time_is_listed_once_with_what_runs_it(tmp_path: Path) -> None:
    found = read([builders.write(tmp_path / "r.jsonl", builders.run(special=late))])
    statuses = set(found.cells.loc[found.cells["suite"] == "mlp", "status"])
    assert statuses == {"no time"}
    (omission,) = (each for each in omissions.find(context.of(found)) if "no time" in each.reason)
    assert "make bench PRESET=smoke TIME=30m" in omission.reason
    assert not [each for each in registry.find(context.of(found)) if "mlp" in each.where]
    assert "no time" in content.make(found).summary


def test_a_report_counts_its_pairs_and_says_how_they_are_bounded(tmp_path: Path) -> None:
    few, many = (
        read([builders.write(tmp_path / f"{len(models)}.jsonl", builders.run(models))])
        for models in (builders.FIVE[:2], builders.FIVE)
    )
    cases = len(few.rows[next(iter(few.runs))]) // 2
    assert few.family.comparisons < cases + 1
    assert many.family.comparisons > 9 * few.family.comparisons
    text = markdown.render(content.make(many), {})
    assert f"make {many.family.comparisons} pairs" in " ".join(text.split())


def test_few_rounds_tell_nothing_while_others_hold_the_machine_up(tmp_path: Path) -> None:
    """Equal contenders were seen 100 times apart in three rounds of three on such a machine."""
    alike = [builders.FIVE[0], builders.FIVE[2]]

    def behind(name: str, others_cpu_s: float) -> int:
        lines = builders.run(
            alike, rounds=3, special=builders.no_special, others_cpu_s=others_cpu_s
        )
        path = builders.write(tmp_path / name / "records.jsonl", lines)
        made = content.make(read([path]))
        return sum(len(group.behind) for group in groups(made).values())

    assert behind("quiet", 0.004) > 0
    assert behind("held-up", 10.0) == 0
