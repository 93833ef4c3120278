"""One worker of a framework on the CPU, asked for its answers and for nothing else."""

import msgspec

from bench.contenders import spec as contenders
from bench.contenders.replies import Built, Dropped, Observed, Renewed, WorkerError
from bench.contenders.supervisor import Supervisor
from bench.contenders.worker_process import WorkerDied
from bench.environments import manager
from bench.verification.evidence import Evidence
from bench.worker import observations
from frameworks import interface

PRESET = "smoke"
STEP_LIMIT_S = 1e6
TIMEOUT_S = 1800.0

ENDLESS = 1e300
"""Error / limit of a check that could not be made."""


class Asked:
    """A framework by its word, or an adapter by its path. Starts its worker when first asked."""

    def __init__(self, framework, threads=1):
        (spec,) = contenders.parse([framework])
        self._python = manager.ensure(spec.environment, lambda line: None)
        device = interface.Device(id="cpu", kind="cpu", name="cpu")
        self._contender = contenders.Contender(spec, device, "float32", threads)
        self._supervisor = self._new()

    def _new(self):
        return Supervisor(self._contender, self._python, TIMEOUT_S, worker=None)

    def answers(self, suite, workload, seed, expected):
        """Checks `before` and `after`, and how far they reach; or why there are none."""
        try:
            self._supervisor.start()
            return self._asked(suite, workload, seed, expected)
        except WorkerError as error:
            kind = "unsupported" if error.unsupported is not None else "failed"
            return {kind: error.unsupported or error.reason}
        except WorkerDied as error:
            self._supervisor.close()
            self._supervisor = self._new()
            return {"failed": error.reason}

    def _asked(self, suite, workload, seed, expected):
        named = {"suite": suite, "case": workload.case, "preset": PRESET, "seed": seed}
        told = self._supervisor.ask(Built, **named, drawn=list(expected.drawn))
        if told.arrays_sha256 != expected.arrays_sha256:
            return {"failed": "its arrays are others than the reference's"}
        evidence = Evidence(self._contender, workload, seed, expected, self._supervisor.probed)
        try:
            with observations.place() as path:
                looked = self._supervisor.ask(Observed, path=str(path), step_limit_s=STEP_LIMIT_S)
                before = evidence.before(path, looked.compared)
            with observations.place() as path:
                self._supervisor.ask(Renewed, path=str(path))
                evidence.renewed(path)
            return {"before": before, "after": evidence.after(), "reach": evidence.reach}
        finally:
            self._supervisor.ask(Dropped)

    def close(self):
        self._supervisor.close()


def told(answer):
    """An answer as JSON holds it: the worst check of each phase, and all that failed."""
    if "before" not in answer:
        return answer
    kept = {"reach": answer["reach"]}
    for phase in ("before", "after"):
        found = answer[phase]
        worst = max(found, key=_ratio, default=None)
        bad = [each for each in found if not _ratio(each) <= 1]
        kept[phase] = {
            "checks": len(found),
            "ratio": min(_ratio(worst), ENDLESS) if worst else None,
            "name": worst.name if worst else None,
            "failed": msgspec.to_builtins(bad[:20]),
        }
    return kept


def _ratio(check):
    return ENDLESS if check.error is None or not check.limit else check.error / check.limit
