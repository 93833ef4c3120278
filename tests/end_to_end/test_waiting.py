"""An adapter whose `wait` returns too early is wrong; the same adapter that waits is not."""

import pytest

from bench import schema

PENDING = """
class Pending(threading.Thread):
    def __init__(self, answer):
        super().__init__()
        self.answer = answer
        self.start()
    def run(self):
        time.sleep({work_s})
def build(workload, arrays):
    step = null.build(workload, arrays)
    return lambda: {{name: Pending(answer) for name, answer in step().items()}}
"""


def test_an_adapter_that_never_waits_is_found(measure, adapter):
    path = adapter(
        PENDING.format(work_s=0.2)
        + "def to_numpy(array):\n    array.join()\n    return null.to_numpy(array.answer)\n"
    )
    done = measure(path, "mlp")
    assert done.code == 1
    assert done.cells(path) == set()
    for record in done.of(schema.Verified, path):
        assert not record.passed
        (check,) = (c for c in record.checks if c.error > c.limit)
        assert check.name == "seconds of work left after wait"


LAZY = """
class Later:
    def __init__(self, answer):
        self.answer, self.done = answer, False
    def finish(self):
        if not self.done:
            time.sleep(0.01)
        self.done = True
def build(workload, arrays):
    step = null.build(workload, arrays)
    return lambda: {name: Later(answer) for name, answer in step().items()}
def to_numpy(array):
    array.finish()
    return null.to_numpy(array.answer)
def wait(outputs):
    [later.finish() for results in outputs[WHICH:] for later in results.values()]
"""


@pytest.mark.parametrize(("which", "wrong"), [("-1", True), ("0", False)])
def test_a_lazy_adapter_must_work_out_every_step_it_is_given(measure, adapter, which, wrong):
    path = adapter(LAZY.replace("WHICH", which))
    done = measure(path, "matmul")
    names = {c.name for r in done.of(schema.Verified, path) for c in r.checks if c.error > c.limit}
    assert done.code == wrong
    assert names == ({"seconds of work left after wait"} if wrong else set())
    assert bool(done.cells(path)) != wrong


def test_the_same_adapter_that_waits_is_not_accused(measure, adapter):
    path = adapter(
        PENDING.format(work_s=0.002)
        + "def wait(outputs):\n    [p.join() for results in outputs for p in results.values()]\n"
        + "def to_numpy(array):\n    return null.to_numpy(array.answer)\n"
    )
    done = measure(path)
    assert done.code == 0
    assert len(done.cells(path)) == 5
