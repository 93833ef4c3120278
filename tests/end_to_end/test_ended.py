"""However a run is ended, it says what it has recorded, and where."""

from typer.testing import CliRunner

from bench import records
from bench.__main__ import app
from bench.plan.cost_forecast import Forecast
from bench.run import runner


def ctrl_c(*_):
    raise KeyboardInterrupt


def ended(out):
    """What an interrupted run says."""
    asked = ["run", "--framework", "null", "--suite", "matmul", "--preset", "smoke"]
    done = CliRunner().invoke(app, [*asked, "--out", str(out)])
    assert done.exit_code == 130, done.output
    return " ".join(done.output.split())


def test_a_ctrl_c_while_it_clears_up_says_what_is_recorded(tmp_path, monkeypatch):
    """As the third does: the second ended the slice."""
    monkeypatch.setattr(Forecast, "save", ctrl_c)
    told = ended(tmp_path / "out")
    (path,) = tmp_path.glob("out/*/records.jsonl")
    count = len(records.read(path).records)
    assert f"Interrupted: {count} records are kept in {path}." in told
    assert f"RESULTS={path.parent}" in told
    assert "--resume" in told


def test_a_ctrl_c_before_there_is_anything_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(runner.discovery, "discover", ctrl_c)
    told = ended(tmp_path / "out")
    assert "Interrupted: nothing was measured yet." in told


def test_a_disk_that_is_full_from_the_first_is_named_in_the_last_line(tmp_path, monkeypatch):
    def full(self, record):
        raise records.Unwritable(f"records cannot be written to {tmp_path}: no space")

    monkeypatch.setattr(records.Writer, "write", full)
    asked = ["run", "--framework", "null", "--suite", "matmul", "--preset", "smoke"]
    done = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert " ".join(done.output.split()).endswith(
        "exit 1: the run broke off before anything was recorded: records cannot be written to "
        f"{tmp_path}: no space"
    )
