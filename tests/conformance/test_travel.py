"""Weights that one framework learned and saved predict the same in every other."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from frameworks import FRAMEWORKS
from tests.conformance.conftest import ROOT, python, variables
from tests.helpers.patience import PATIENT_S

TRAVEL = Path(__file__).with_name("weights_round_trip.py")


def travel(framework, folder, verb):
    done = subprocess.run(
        [python(framework), "-P", TRAVEL, framework, folder, verb],
        env=variables(framework),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder with the weights of every framework that can learn."""
    folder = tmp_path_factory.mktemp("weights")
    for framework in FRAMEWORKS:
        if framework != "numpy":  # it has no gradients
            travel(framework, folder, "save")
    return folder


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_saved_weights_predict_the_same_everywhere(saved, framework):
    outputs = json.loads(travel(framework, saved, "predict").splitlines()[-1])
    assert sorted(outputs) == sorted(set(FRAMEWORKS) - {"numpy"})
    first = np.array(outputs.pop("torch"))
    assert np.argmax(first, axis=1).tolist() == [0, 1]  # it has learned the two test points
    for others in outputs.values():
        np.testing.assert_allclose(others, first, rtol=1e-5, atol=1e-6)
