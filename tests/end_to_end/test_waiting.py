"""An adapter whose `wait` returns too early is untimed; the same adapter that waits is not."""

import pytest

from bench import schema

READY = "seconds of work left after wait"
UNDONE = "seconds of work that a step leaves to the conversion of its results"

PENDING = """
import concurrent.futures as futures
from frameworks.interface import Resettable, parts
queue = futures.ThreadPoolExecutor(1)
def build(workload, arrays):
    take, reset = parts(prompt.build(workload, arrays))
    def work(results):
        time.sleep({work_s})
        return results
    def step():
        results = take()
        pending = queue.submit(work, results)
        return {{name: (pending, name) for name in results}}
    return Resettable(step, reset) if reset else step
def to_numpy(result):
    pending, name = result
    return pending.result()[name]
"""

WAITS = """
def wait(outputs):
    futures.wait([pending for results in outputs for pending, _ in results.values()])
"""


def failed(done, path):
    """Names of failed checks by case."""
    found = {}
    for record in done.of(schema.Verified, path):
        bad = [c for c in record.checks if c.problem or c.error > c.limit]
        assert all(check.about == "time" for check in bad)
        found.setdefault(record.case, set()).update(check.name for check in bad)
    return found


def test_an_adapter_that_never_waits_is_found(measure, adapter):
    path = adapter(PENDING.format(work_s=0.002))
    done = measure(path, "matmul")
    assert done.code == 1
    assert all(READY in names for names in failed(done, path).values())


def test_the_same_adapter_that_waits_is_not_accused(measure, adapter):
    path = adapter(PENDING.format(work_s=0.002) + WAITS)
    done = measure(path, "matmul")
    assert {name for names in failed(done, path).values() for name in names} == set()
    assert done.code == 0
    assert done.cells(path)


LATER = """
class Later:
    def __init__(self, answer, outer):
        self.answer, self.done = answer, outer
    def finish(self):
        if not self.done:
            time.sleep(0.002)
        self.done = True
        return self.answer
def build(workload, arrays):
    from frameworks.interface import Resettable, parts
    take, reset = parts(prompt.build(workload, arrays))
    def step():
        results = take()
        later = Later(results, outer=workload.k == 1)
        return {name: (later, name) for name in results}
    return Resettable(step, reset) if reset else step
def to_numpy(result):
    later, name = result
    return later.finish()[name]
def start(device, settings):
    from frameworks.interface import Runtime
    prompt.start(device, settings)
    return Runtime({"later": "1"}, device, asynchronous=True)
def wait(outputs):
    for results in outputs[WHICH]:
        for later, _ in results.values():
            later.finish()
"""


@pytest.mark.parametrize(
    ("which", "lies"),
    [
        (":", []),
        ("-1:", ["matmul/square/64", "matmul/square/256"]),  # of larger ones one is in flight
        (":0", ["matmul/square/64", "matmul/square/256", "matmul/square/1024"]),
    ],
    ids=["all", "the last", "none"],
)
def test_a_lazy_adapter_must_work_out_every_step_it_is_given(measure, adapter, which, lies):
    path = adapter(LATER.replace("WHICH", which))
    done = measure(path, "matmul")
    found = failed(done, path)
    assert [case for case, names in found.items() if names & {READY, UNDONE}] == lies
    assert done.code == bool(lies)
