"""The doctor as users call it: true findings, exit codes, and nothing touched."""

import subprocess
import sys

import pytest

from bench.machine import describe
from tests.end_to_end.conftest import ROOT
from tests.helpers.patience import PATIENT_S

DATA = ROOT / "tests" / "data" / "descriptions"


def doctor(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "bench", "doctor", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENT_S,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def built():
    """Environments and when they last changed."""
    return {path.name: path.stat().st_mtime_ns for path in (ROOT / ".venv").iterdir()}


def test_here_its_findings_are_true():
    before = built()
    done = doctor("--preset", "smoke", "--suite", "mlp")
    assert done.returncode in (0, 1), done
    machine = describe()
    assert machine.label in done.stdout
    assert ("This is a virtual machine" in done.stdout) == (
        machine.system == "Linux" and bool(machine.hypervisor)
    )
    assert ("On Intel Macs" in done.stdout) == (
        machine.system == "Darwin" and machine.architecture == "x86_64" and not machine.translated
    )
    assert (done.returncode == 1) == ("\nspoils: " in done.stdout)
    assert built() == before


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("intel-mac-rx6900xt", "source: pytorch#178697"),
        ("m1-macos13", "limits: On macOS 13.7.8 MLX stays at 0.29.3."),
    ],
)
def test_a_machine_elsewhere(name, expected):
    done = doctor("--machine", DATA / f"{name}.json", "--preset", "smoke")
    assert done.returncode == 1, done
    assert expected in done.stdout
    assert done.stderr == ""


def test_a_machine_that_somebody_pasted():
    done = doctor("--paste", DATA.parent / "pasted" / "mac-pro.txt", "--preset", "smoke")
    assert done.returncode == 1, done
    assert "torch 2.2.2: linear layers give wrong answers" in done.stdout
    assert "mary" not in done.stdout.lower()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--machine", "absent.json"], "absent.json"),
        (["--machine", "Makefile"], "is no description of a machine"),
        (["--machine", "/dev/zero"], "is longer than"),
        (["--machine", "tests"], "tests"),
        (["--paste", "LICENSE"], "nothing in the text tells what machine it is"),
        (["Makefile"], "Expected `--paste Makefile`"),
        (["--preset", "nonesuch"], "Expected one of smoke, quick, standard, full"),
        (["--suite", "nonesuch"], "Expected one of matmul"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_refused(arguments, message):
    done = doctor(*arguments)
    assert done.returncode == 2, done
    assert message in done.stderr
    assert done.stdout == ""
