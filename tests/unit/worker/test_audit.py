"""Audits: fresh batches, changed by chance, give what they would have given unchanged."""

import dataclasses

import numpy as np
import pytest

from bench.worker import audit, measure
from frameworks.interface import parts
from frameworks.numpy import adapter
from suites.data import arrays
from suites.layers import Linear, ReLU, Sequential
from suites.verification import checks
from suites.workload import SGD, Data, Forward, Learn, Product, Train

MODEL = Sequential(Linear(8, 5), ReLU(), Linear(5, 3))
PRODUCT = Product(suite="t", name="product", m=7, k=9, n=11)
FORWARD = Forward(suite="t", name="forward", model=MODEL, input_shape=(6, 8))
FED = Forward(suite="t", name="fed", model=MODEL, input_shape=(6, 8), inputs="host")
TRAIN = Train(suite="t", name="train", model=MODEL, input_shape=(6, 8), optimizer=SGD(lr=0.1))


class Counted:
    """An adapter's step and reset, with a count of what was asked."""

    def __init__(self, workload, made):
        self.workload = workload
        self.step_once, self.exchange = parts(adapter.build(workload, made))
        self.steps, self.resets = 0, []

    def step(self):
        self.steps += 1
        return self.step_once()

    def reset(self, others):
        swap = self.exchange(others)

        def swapped():
            swap()
            self.resets.append((others, self.steps))

        return swapped


def on_host(results):
    return {name: np.array(value) for name, value in results.items()}


def taken(workload, *, asynchronous=False, deepest=1):
    made = arrays.make(workload, 0)
    counted = Counted(workload, made)
    sampler = measure.Sampler(counted.step, adapter.wait, deepest=deepest, sample_s=1e-4)
    sampler.calibrate()
    found = audit.take(
        workload,
        counted.reset,
        sampler,
        made,
        0,
        on_host,
        warm_s=0.0,
        asynchronous=asynchronous,
    )
    return found, counted, made


def unchanged(workload):
    """What the same steps give without any change."""
    made = arrays.make(workload, 0)
    step, _ = parts(adapter.build(workload, arrays.audit(workload, 0, made.weights)))
    results = [on_host(step()) for _ in range(arrays.audited_steps(workload))]
    kept = {number: results[number] for number in checks.kept_steps(workload)}
    return checks.observe_audit(workload, kept, made.weights, 0)


@pytest.mark.parametrize("workload", [PRODUCT, FORWARD, FED])
@pytest.mark.parametrize(("asynchronous", "deepest"), [(False, 1), (True, 4), (True, 64)])
def test_what_was_changed_by_chance_is_put_right(workload, asynchronous, deepest):
    wanted = unchanged(workload)
    found, _, _ = taken(workload, asynchronous=asynchronous, deepest=deepest)
    assert found.steps == arrays.audited_steps(workload)
    assert found.observed.keys() == wanted.keys()
    for name, array in wanted.items():
        np.testing.assert_allclose(found.observed[name], array, rtol=1e-4, atol=1e-5)


def test_each_audit_is_changed_in_a_way_of_its_own():
    weights = arrays.make(FORWARD, 0).weights
    for workload, name in ((PRODUCT, "a"), (FORWARD, "x"), (TRAIN, "x")):
        made = [
            audit.Changed(workload, arrays.audit(workload, 0, weights)).arrays for _ in range(2)
        ]
        rings = [np.stack([batch[name] for batch in each.ring]) for each in made]
        assert not np.array_equal(*rings)  # type: ignore[arg-type]
        assert np.array_equal(made[0].inputs[name], made[0].ring[0][name])
        with pytest.raises(ValueError, match="read-only"):
            made[0].ring[0][name][0] = 1


@pytest.mark.parametrize("accumulate", [1, 2, 3])
def test_labels_follow_their_samples_and_these_stay_in_their_part(accumulate):
    workload = dataclasses.replace(TRAIN, accumulate=accumulate)
    fresh = arrays.audit(workload, 0, arrays.make(workload, 0).weights)
    changed = audit.Changed(workload, fresh).arrays
    assert any(
        not np.array_equal(old["x"], new["x"])
        for old, new in zip(fresh.ring, changed.ring, strict=True)
    )
    for old, new in zip(fresh.ring, changed.ring, strict=True):
        for part in np.split(np.arange(len(old["x"])), accumulate):
            pairs = [
                {(*x.tolist(), int(label)) for x, label in zip(b["x"], b["labels"], strict=True)}
                for b in (
                    {name: array[part] for name, array in each.items()} for each in (old, new)
                )
            ]
            assert pairs[0] == pairs[1]


def test_exactly_the_audits_steps_are_taken_and_the_arrays_put_back():
    _, counted, made = taken(PRODUCT)
    (others, begun), (back, ended) = counted.resets
    assert back is made
    assert others is not made
    assert ended - begun == arrays.audited_steps(PRODUCT)


def test_a_wrong_answer_stays_wrong():
    found, _, _ = taken(PRODUCT)
    kept = {n: {"product": np.zeros((7, 11))} for n in checks.kept_steps(PRODUCT)}
    changed = audit.Changed(PRODUCT, arrays.audit(PRODUCT, 0, {}))
    for name, array in changed.observe(kept, 0).items():
        assert name.endswith("shape") or not np.allclose(array, found.observed[name])
    for shape in ((), (3,), (7, 12)):
        kept = {n: {"product": np.zeros(shape)} for n in checks.kept_steps(PRODUCT)}
        assert changed.observe(kept, 0)
    assert changed.observe({n: {} for n in checks.kept_steps(PRODUCT)}, 0) == {}


# --- learning, which begins anew in every call --------------------------------------------------

LEARN = Learn(
    suite="t",
    name="learn",
    model=MODEL,
    data=Data("synthetic", 16, 8, (8,), 3),
    batch=8,
    epochs=2,
    optimizer=SGD(lr=0.1),
)


def learnt(repeats, **others):
    """What an audit observes of learning that hands out the result of call `repeats` for ever."""
    workload = dataclasses.replace(LEARN, **others)
    made, at_work, known = arrays.make(workload, 0), [], []

    def step():
        told = float(at_work[0].inputs["x"].sum())
        known.append({name: np.float32([told, told / 2]) for name in checks.LEARNED})  # type: ignore[arg-type]
        return known[-1] if repeats is None else known[min(repeats, len(known) - 1)]

    def reset(others):
        return lambda: at_work.__setitem__(slice(None), [others])

    reset(made)()
    sampler = measure.Sampler(step, lambda outputs: None, deepest=1, sample_s=1e-4)
    sampler.calibrate()
    asked = {"warm_s": 0.0, "asynchronous": False}
    return audit.take(workload, reset, sampler, made, 0, on_host, **asked).observed  # type: ignore[arg-type]


def test_learning_that_is_handed_out_again_is_told():
    assert not checks.same_learning(learnt(None))
    assert checks.same_learning(learnt(0))


@pytest.mark.parametrize("loss", [2.5, np.inf, np.nan])
def test_a_network_that_learns_nothing_is_not_accused(loss):
    observed = {
        name: np.full_like(array, loss) if array.dtype.kind == "f" else array
        for name, array in learnt(0).items()
    }
    assert not checks.same_learning(observed)


def test_data_that_are_given_point_by_point_are_the_same_in_an_audit():
    observed = learnt(None, data=Data("points", 5, 2, (2,), 2), batch=5, model=Linear(2, 2))
    assert not [name for name in observed if "step 2" in name]
    assert not checks.same_learning(observed)
