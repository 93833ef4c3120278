"""Bad input: exit code 2, one message, no traceback, nothing half-written."""

import json
import os
import subprocess
import sys

import pytest

from tests.end_to_end.conftest import ROOT
from tests.helpers.patience import PATIENT_S


def refused(*arguments):
    """The one message of a command that must end with code 2."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENT_S,
        check=False,
    )
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--framework", "nonesuch"], "Expected one of numpy, torch, tf, jax, mlx"),
        (["--suite", "nonesuch"], "Expected one of matmul, mlp"),
        (["--suite", "matmull"], "Did you mean matmul?"),
        (["--framework", "torhc"], "Did you mean torch?"),
        (["--framework", "torch@compiled"], "Did you mean compile?"),
        (["--preset", "smokey"], "Did you mean smoke?"),
        (["--precision", "flot32"], "Did you mean float32?"),
        (["--device", "gup"], "Did you mean gpu?"),
        (["--time", "5 days"], "Expected, for example, 90s"),
        (["--suite", "./absent.py"], "no suite file"),
        (["--preset", "nonesuch"], "Expected one of smoke, quick, standard, full"),
        (["--precision", "float99"], "Expected one of float32, float16, bfloat16"),
        (["--framework", "null", "--device", "nonesuch"], "Expected cpu, gpu, all, or an id"),
        (
            ["--framework", "null", "--device", "gpu"],
            "none of the frameworks asked for can use this device",
        ),
        (["--threads", "0"], "threads must be at least 1"),
        (["--framework", "null", "--out", "/dev/null/x"], "cannot write results"),
        (["--framework", "./absent.py"], "cannot read adapter"),
        (["--seed", "-1"], "seed"),
        (["--nonesuch"], "nonesuch"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_arguments(tmp_path, arguments, message):
    out = tmp_path / "results"
    given = arguments if "--out" in arguments else [*arguments, "--out", str(out)]
    assert message in refused("run", *given)
    assert not out.exists()


@pytest.mark.parametrize(
    ("sizes", "message"),
    [("8, 8", "2 cases are called mine/forward/8"), ("2**60,", "cannot be")],
    ids=["two of one name", "beyond all bounds"],
)
def test_cases_that_cannot_be(tmp_path, sizes, message):
    path, out = tmp_path / "mine.py", tmp_path / "results"
    path.write_text(
        "from suites.layers import Linear\n"
        "from suites.workload import Forward\n"
        "def cases(preset):\n"
        f"    return [Forward(suite='mine', name='forward', model=Linear(4, 2), "
        f"input_shape=(n, 4)) for n in ({sizes})]\n"
    )
    given = ["--framework", "null", "--suite", str(path), "--out", str(out)]
    assert message in refused("run", *given)
    assert not out.exists()


def test_a_model_whose_layers_do_not_fit(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from suites.layers import Linear, Sequential\n"
        "from suites.workload import Forward\n"
        "MODEL = Sequential(Linear(16, 16), Linear(8, 4))\n"
        "def cases(preset):\n"
        "    return [Forward(suite='mine', name='f', model=MODEL, input_shape=(8, 16))]\n"
    )
    assert "Linear expects [..., 8]" in refused("run", "--framework", "null", "--suite", str(path))


def test_data_that_no_source_holds(tmp_path):
    path, out = tmp_path / "mine.py", tmp_path / "results"
    path.write_text(
        "from suites.learn import MODEL\n"
        "from suites.workload import SGD, Data, Learn\n"
        "def cases(preset):\n"
        "    return [Learn(suite='mine', name='l', model=MODEL, optimizer=SGD(lr=1), batch=2,\n"
        "                  epochs=1, data=Data('nonesuch', 4, 2, (784,), 10))]\n"
    )
    given = ["--framework", "null", "--suite", str(path), "--out", str(out)]
    assert "unknown data. Expected one of synthetic, random" in refused("run", *given)
    assert not out.exists()


def test_a_folder_that_cannot_be_written_to(tmp_path):
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):
        folder = tmp_path / "file"  # root may write anywhere: a file in the way serves as well
        folder.write_text("")
    assert "cannot write results" in refused("run", "--framework", "null", "--out", str(folder))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist"),
        ("", "holds no records"),
        ("not json\n", "is not a record file"),
        ('{"some": "json"}\n', "is not a record file"),
        (json.dumps({"kind": "run", "schema": 99}) + "\n", "has schema 99"),
        ('{"kind": "run", "sch', "is not a record file"),
    ],
    ids=["absent", "empty", "text", "foreign", "newer", "truncated"],
)
def test_bad_results(tmp_path, content, message):
    path, out = tmp_path / "records.jsonl", tmp_path / "report"
    if content is not None:
        path.write_text(content)
    assert message.lower() in refused("report", str(path), "--out", str(out)).lower()
    assert not out.exists()


def test_a_folder_without_results(tmp_path):
    assert "make bench" in refused("report", str(tmp_path), "--out", str(tmp_path / "out"))


def test_environments_are_named_strictly():
    for name in ("../../etc", "nonesuch", "jax==", "jax==1;x"):
        assert refused("env", "build", name)
