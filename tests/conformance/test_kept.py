"""What JAX compiles is kept for the next process, which says so, and for no other folder's."""

import subprocess

from tests.conformance.conftest import python, variables

PROGRAM = """
import sys
import numpy as np
from frameworks.jax import adapter as adapter
from frameworks.interface import Settings, parts
from suites import catalog
from suites.data import arrays

adapter.start(adapter.devices()[0], Settings("float32", "jit"))
adapter.keep(sys.argv[1] or None)
workload = catalog.find("mlp", "smoke", "mlp/forward/64")
step, _ = parts(adapter.build(workload, arrays.make(workload, 0)))
before = adapter.kept()
adapter.wait([step()])
print(adapter.kept() - before)
"""


def kept(folder):
    command = [python("jax"), "-P", "-c", PROGRAM, folder]
    done = subprocess.run(command, env=variables("jax"), capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_programs_are_taken_by_the_next_process_of_that_folder(tmp_path):
    first, other = str(tmp_path / "first"), str(tmp_path / "other")
    assert kept(first) == 0
    assert kept(first) > 0
    assert kept(other) == 0


def test_nothing_is_kept_where_nothing_may_be(tmp_path):
    assert kept(str(tmp_path)) == 0
    assert kept("") == kept("") == 0
