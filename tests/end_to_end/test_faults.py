"""Adapters that break in every way: a record each, and the run goes on."""

from bench import schema

TRAIN = "mlp/train/64"

BREAKS_IN_MID_RUN = """
def build(workload, arrays):
    calls = iter(range(10**9))
    def broken(results):
        if workload.suite == "mlp" and workload.case == "mlp/train/64" and next(calls) == 20:
            {act}
        return results
    return changed(workload, arrays, broken)
"""


BREAKS: dict[str, tuple[str, dict[str, object]]] = {
    "signal": ("os.kill(os.getpid(), signal.SIGSEGV)", {"signal": "SIGSEGV"}),
    "abort": ("os.abort()", {"signal": "SIGABRT"}),
    "exit": ("os._exit(3)", {"exit_code": 3}),
    "interpreter_exit": ("sys.exit(4)", {"reason": "SystemExit: 4"}),
    "hang": ("time.sleep(600)", {"reason": "no answer within 30 s (--timeout): killed"}),
    "exception": ("raise MemoryError('full')", {"reason": "MemoryError: full"}),
}
"""What an adapter does in mid run, and what its record says."""


def test_breaking_in_mid_run_is_a_record_and_the_run_goes_on(measure, adapter):
    """All of them in one run, beside one that does not break."""
    paths = {
        name: adapter(BREAKS_IN_MID_RUN.format(act=act), file=f"{name}.py")
        for name, (act, _) in BREAKS.items()
    }
    done = measure(",".join([*paths.values(), "numpy"]), timeout_s=30)
    assert done.code == 1
    for name, path in paths.items():
        (failed,) = done.of(schema.Failed, path)
        assert failed.case == TRAIN
        assert failed.stage in ("calibrate", "slice")
        cause = BREAKS[name][1]
        assert {word: getattr(failed, word) for word in cause} == cause
        assert TRAIN not in done.cells(path)
        assert len(done.cells(path)) == 4  # every other case, on a new worker
    assert len(done.cells("numpy")) == 4


def test_output_before_an_abort_is_kept(measure, adapter):
    path = adapter("def build(*_):\n    os.write(2, b'assertion failed: x')\n    os.abort()\n")
    done = measure(path)
    assert done.code == 1
    assert all("assertion failed: x" in r.output_tail for r in done.of(schema.Failed, path))


def test_garbage_on_stdout_harms_nothing(measure, adapter):
    path = adapter(
        "from frameworks.numpy.adapter import build, to_numpy\n"  # a product in no time is none
        'os.write(1, b\'{"kind": "run"}\\n\\xff\\xfe\')\n'
        "def wait(outputs):\n    print('noise', flush=True)\n"
    )
    done = measure(path, "matmul")
    assert done.code == 0
    assert len(done.cells(path)) == 3


SPOILED = {
    "bias": ("2.bias", TRAIN, "change of 2.bias"),
    "weight": ("0.weight", TRAIN, "change of 0.weight"),
    "loss": ("loss", TRAIN, "loss"),
    "output": ("output", "mlp/forward/64", "output"),
    "product": ("product", "matmul/square/64", "product"),
}
"""The result that is wrong, in which case, and the check that finds it."""


def test_a_wrong_answer_is_a_finding_and_is_not_ranked(measure, adapter):
    """The right answer times 1.01, in one result alone; a contender for each."""
    body = """
        def build(workload, arrays):
            def spoiled(results):
                return {{n: 1.01 * a if n == {!r} else a for n, a in results.items()}}
            return changed(workload, arrays, spoiled)
        """
    paths = {
        name: adapter(body.format(result), file=f"{name}.py")
        for name, (result, *_) in SPOILED.items()
    }
    done = measure(",".join(paths.values()))
    assert done.code == 1
    for name, path in paths.items():
        _, case, check = SPOILED[name]
        wrong = [r for r in done.of(schema.Verified, path) if not r.passed]
        assert case in {r.case for r in wrong}
        named = {
            c.name
            for r in wrong
            if r.case == case
            for c in r.checks
            if c.problem or c.error > c.limit
        }
        assert check in named
        assert case not in done.cells(path)


def test_one_wrong_gradient_is_on_top_and_absent_from_the_ranking(bench, adapter):
    path = adapter(
        """
        def build(workload, arrays):
            start = {p: w.copy() for p, w in arrays.weights.items()}
            def spoiled(results):
                return {n: start[n] if n == "2.weight" else a for n, a in results.items()}
            return changed(workload, arrays, spoiled)
        """
    )
    done = bench("--framework", f"{path},null", "--suite", "mlp", "--preset", "smoke")
    assert done.code == 1
    assert [r.case for r in done.of(schema.Verified, path) if not r.passed] == [TRAIN]
    assert done.cells(path) == {"mlp/forward/64"}
    assert "change of 2.weight" in done.markdown[:3000]


def test_wrong_only_after_timing_is_found(measure, adapter):
    path = adapter(
        """
        def build(workload, arrays):
            calls = iter(range(10**9))
            def tired(results):
                late = next(calls) > 5
                return {n: 1.02 * a for n, a in results.items()} if late else results
            return changed(workload, arrays, tired)
        """
    )
    done = measure(path)
    assert done.code == 1
    phases = {(r.phase, r.passed) for r in done.of(schema.Verified, path)}
    assert phases == {("before", True), ("after", False)}


def test_unsupported_is_skipped_with_its_reason(measure, adapter):
    path = adapter(
        "from frameworks.interface import Unsupported\n"
        "def build(*_):\n    raise Unsupported('this card has no such unit')\n"
    )
    done = measure(path)
    assert done.code == 0
    reasons = {r.reason for r in done.of(schema.Skipped, path)}
    assert reasons == {"this card has no such unit"}


def test_other_weights_than_the_hosts_are_refused(measure, adapter):
    path = adapter(
        "from suites.data import arrays as made\n"
        "real = made.uniform\n"
        "made.uniform = lambda seed, *rest: real(seed + 1, *rest)\n"
    )
    done = measure(path)
    assert done.code == 1
    assert {r.stage for r in done.of(schema.Failed, path)} == {"build"}
    assert "other weights or data" in done.of(schema.Failed, path)[0].reason


def test_a_missing_environment_is_a_record_and_the_others_complete(measure, tmp_path, monkeypatch):
    """Offline, with nothing cached: numpy 2.3.1 cannot be had."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    done = measure("null,numpy==2.3.1")
    assert done.code == 1
    (failed,) = done.of(schema.Failed, "numpy==2.3.1")
    assert failed.stage == "environment"
    assert len(done.cells("null")) == 5


def test_dying_while_the_case_is_freed_is_a_record_and_the_run_goes_on(measure, adapter):
    path = adapter(
        """
        class Held:
            def __del__(self):
                os.kill(os.getpid(), signal.SIGKILL)
        def build(workload, arrays):
            held = Held() if workload.case == "matmul/square/64" else None
            return changed(workload, arrays, lambda results, held=held: results)
        """
    )
    done = measure(path, "matmul")
    assert done.code == 1
    (failed,) = done.of(schema.Failed, path)
    assert (failed.case, failed.stage, failed.signal) == ("matmul/square/64", "drop", "SIGKILL")
    assert len(done.cells(path)) == 3


NO_DEVICE = "def devices():\n    return []\n"
DETAILS_THAT_ARE_NO_TEXT = """
from frameworks.interface import Runtime
def start(device, settings):
    return Runtime({"mine": "1"}, device, asynchronous=False, details=None)
"""
MEMORY_THAT_IS_NO_INT = """
from frameworks.interface import Memory
def memory():
    return Memory(now_bytes="much")
"""


def test_an_answer_that_is_nonsense_is_a_record(measure, adapter):
    nonsense = (
        (NO_DEVICE, "returned none"),
        (DETAILS_THAT_ARE_NO_TEXT, "does not fit"),
        (MEMORY_THAT_IS_NO_INT, "does not fit"),
    )
    paths = [adapter(body, file=f"{number}.py") for number, (body, _) in enumerate(nonsense)]
    done = measure(",".join(paths), "mlp")
    assert done.code == 1
    for path, (_, reason) in zip(paths, nonsense, strict=True):
        failed = done.of(schema.Failed, path)
        assert failed
        assert all(reason in record.reason for record in failed)
        assert done.cells(path) == set()


def test_the_process_that_found_a_gpu_measures_nothing(measure, adapter):
    """It may have taken the GPU's memory to learn its name."""
    path = adapter(
        """
        from frameworks.interface import Device
        found = []
        def devices():
            found.append(True)
            return [Device("cpu", "cpu", "cpu"), Device("cuda:0", "gpu", "a GPU")]
        def start(device, settings):
            assert not found, "this process has taken the GPU"
            return null.start(device, settings)
        """
    )
    done = measure(path)
    assert done.code == 0
    assert {record.device for record in done.of(schema.Runtime, path)} == {"cpu", "cuda:0"}


def test_warnings_of_the_case_are_in_its_record(measure, adapter):
    path = adapter(
        """
        import warnings
        def build(workload, arrays):
            warnings.warn(f"{workload.case} falls back")
            return prompt.build(workload, arrays)
        """
    )
    done = measure(path)
    looks = [look for look in done.of(schema.Verified, path) if look.phase == "before"]
    assert looks
    for look in looks:
        assert look.warnings == (f"{look.case} falls back",)
