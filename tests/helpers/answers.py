"""Answers of steps in plain float32, with places to go wrong, and what the checks say of them."""

from __future__ import annotations

import numpy as np

from suites.data import arrays
from suites.verification import checks, reference
from suites.verification.reference import training
from suites.verification.reference.meanings.arithmetic import Exact, to_bits
from suites.workload import SGD, TwoMoments


class Single(Exact):
    """Plain float32."""

    dtype = np.float32


class Bits(Exact):
    """Float32 of products whose operands keep so many bits of significand."""

    dtype = np.float32

    def __init__(self, bits):
        self.bits = bits

    def operand(self, x):
        return to_bits(x, self.bits)


class Trained:
    """Training steps, written apart from the reference's."""

    beta1, beta2, eps = 0.9, 0.999, 1e-8
    corrects, eps_inside, trains_on = True, False, slice(None)
    decays, decays_gradient = 1.0, 0.0

    def __init__(self, workload, made, arithmetic=None, gradients=None, averages=None):
        self.workload, self.arithmetic = workload, arithmetic or Single()
        self.spoil, self.averages = gradients or (lambda g: g), averages or (lambda a: a)
        self.weights, self.ring = dict(made.weights), made.ring
        self.count, self.m, self.v = 0, {}, {}

    def __call__(self):
        batch = self.ring[self.count % len(self.ring)]
        self.count += 1
        batch = {name: array[self.trains_on] for name, array in batch.items()}
        seen = training.passed(self.workload, self.weights, batch, self.arithmetic)
        for path, g in self.spoil(seen.gradients).items():
            rule, weight = self.workload.optimizer, self.weights[path]
            decay = getattr(rule, "weight_decay", 0.0) * weight
            change = rule.lr * self.direction(path, g + self.decays_gradient * decay)
            self.weights[path] = (weight - rule.lr * self.decays * decay - change).astype(
                np.float32
            )
        self.weights |= self.averages(seen.averages)
        results = {**self.weights, "loss": np.asarray(seen.loss)}
        for path in self.m:
            first, second = self.workload.optimizer.state_names(path)
            results |= {first: self.m[path], second: self.v[path]}
        return {name: np.array(each, np.float32) for name, each in results.items()}

    def direction(self, path, g):
        if isinstance(self.workload.optimizer, SGD):
            return g
        assert isinstance(self.workload.optimizer, TwoMoments)
        m = self.m[path] = np.float32(self.beta1) * self.m.get(path, 0) + (1 - self.beta1) * g
        v = self.v[path] = np.float32(self.beta2) * self.v.get(path, 0) + (1 - self.beta2) * g * g
        if self.corrects:
            m, v = m / (1 - 0.9**self.count), v / (1 - 0.999**self.count)
        return m / np.sqrt(v + self.eps) if self.eps_inside else m / (np.sqrt(v) + self.eps)


class Ruled:
    """Training steps in plain float32, or another arithmetic, by a rule which may be another than
    the workload's."""

    def __init__(self, workload, made, rule, arithmetic=None):
        self.workload, self.rule, self.ring = workload, rule, made.ring
        self.arithmetic = arithmetic or Single()
        self.weights, self.count, self.kept = dict(made.weights), 0, {}

    def __call__(self):
        batch = self.ring[self.count % len(self.ring)]
        self.count += 1
        seen = training.passed(self.workload, self.weights, batch, self.arithmetic)
        paths = list(seen.gradients)
        names = [name for path in paths for name in self.rule.state_names(path)]
        zeros = {n: np.zeros_like(self.weights[n.partition("|")[0]]) for n in names}
        after, self.kept = self.rule.apply(
            self.weights, seen.gradients, zeros | self.kept, np.float32(self.count), np
        )
        self.weights |= after | seen.averages
        results = {**self.weights, **self.kept, "loss": np.asarray(seen.loss)}
        return {name: np.array(each, np.float32) for name, each in results.items()}


def scaled(path, factor):
    """One gradient, or running average, off by a factor."""
    return lambda found: found | {path: found[path] * factor}


def before(workload, run_of, folder, precision="float32"):
    """The checks before timing of what `run_of(arrays)` answers."""
    expected = reference.expected(workload, precision, 0, reference.Cache(folder))
    made = arrays.make(workload, 0, expected.drawn)
    observed = checks.observe(workload, run_of(made), made.weights, 0)
    return checks.compare(observed, expected.entries, "before")


def after(workload, run_of, folder, precision="float32"):
    """Those of an audit."""
    expected = reference.expected(workload, precision, 0, reference.Cache(folder))
    fresh = arrays.audit(workload, 0, arrays.make(workload, 0).weights)
    run, kept = run_of(fresh), {}
    for number in range(arrays.audited_steps(workload)):
        results = run()
        if number in checks.kept_steps(workload):
            kept[number] = results
    return checks.compare(
        checks.observe_audit(workload, kept, fresh.weights, 0), expected.entries, "after"
    )


def failed(found):
    """Names of the checks that did not pass."""
    return {check.name for check in found if not check.passed}


def worst(found):
    """The largest error in multiples of its limit; infinite where a check could not compare."""
    assert found
    return max(np.inf if check.problem else check.error / check.limit for check in found)
