"""Energy from the driver's library to the report, through NVML's own bindings."""

import shutil
import subprocess
import sys

import pytest

from bench import schema
from tests.helpers.patience import PATIENT_S

POWER_W = 500.0

LIBRARY = """
#include <string.h>
#include <time.h>
/* One GPU that draws 500 W, by the interface of NVIDIA's nvml.h as nvidia-ml-py calls it. */
int nvmlInitWithFlags(unsigned flags) { return 0; }
int nvmlShutdown(void) { return 0; }
const char *nvmlErrorString(int code) { return "made up"; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 1; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) { *device = &strlen; return 0; }
int nvmlDeviceGetName(void *device, char *name, unsigned size) { strcpy(name, "X1"); return 0; }
int nvmlDeviceGetUUID(void *device, char *uuid, unsigned size) { strcpy(uuid, "GPU-1"); return 0; }
int nvmlDeviceGetMigMode(void *device, unsigned *now, unsigned *later) { return 3; }
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *energy_mj) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *energy_mj = 500ULL * (now.tv_sec * 1000ULL + now.tv_nsec / 1000000ULL);
    return 0;
}
"""

SUITE = """
from suites.layers import Linear, Sequential
from suites.workload import Forward
def cases(preset):
    return [Forward(suite="mine", name="x", model=Sequential(Linear(4, 4)), input_shape=(2, 4))]
"""


@pytest.fixture
def driver(tmp_path):
    """A folder with a driver's library for one GPU that draws 500 W all the time."""
    compiler = shutil.which("cc")
    if sys.platform != "linux" or not compiler:
        pytest.skip("needs Linux, where NVML is found by its name, and a C compiler")
    source, folder = tmp_path / "nvml.c", tmp_path / "driver"
    source.write_text(LIBRARY)
    folder.mkdir()
    library = folder / "libnvidia-ml.so.1"
    command = [compiler, "-shared", "-fPIC", "-w", "-o", str(library), str(source)]
    subprocess.run(command, check=True, timeout=PATIENT_S)
    return folder


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "mine_suite.py"
    path.write_text(SUITE)
    return str(path)


@pytest.fixture
def gpu(adapter):
    """An adapter whose device calls itself a GPU."""
    return adapter(
        "from frameworks.interface import Device\n"
        "def devices():\n"
        "    return (Device(id='cuda:0', kind='gpu', name='X1'),)\n"
    )


def test_a_slice_long_enough_for_the_counter_is_metered(bench, driver, gpu, suite):
    # A budget of 3 s allows a first slice as long as this slow counter needs.
    smoke = ("--framework", gpu, "--suite", suite, "--preset", "smoke", "--budget", "3")
    done = bench(*smoke, LD_LIBRARY_PATH=str(driver))
    first, *others = done.of(schema.Slice, "")
    assert first.wall_s > 1
    assert first.energy_j / first.wall_s == pytest.approx(POWER_W, rel=0.15)
    brief = [each.energy_j for each in others if each.wall_s < 1]  # a busy machine may stretch one
    assert set(brief) == {None}
    assert "\n## Energy\n" in done.markdown
    assert " W |" in done.markdown


def test_without_a_driver_there_is_no_energy_and_no_word_of_it(bench, gpu, suite):
    done = bench("--framework", gpu, "--suite", suite, "--preset", "smoke")
    assert {record.energy_j for record in done.of(schema.Slice, "")} == {None}
    assert "## Energy" not in done.markdown
    assert "energy" not in done.out + done.err
