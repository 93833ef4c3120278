"""What a worker may take of the machine: output, memory, and the past of other cases."""

import psutil

from bench import schema


def test_a_flood_of_output_is_bounded_and_harms_nothing(measure, adapter):
    """A gigabyte, once: the host keeps its ends and stays small."""
    path = adapter(
        """
        def build(workload, arrays):
            if workload.case == "matmul/square/64":
                for _ in range(1024):
                    os.write(1, b"x" * 2**20)
            if workload.case == "matmul/square/256":
                os.abort()
            return null.build(workload, arrays)
        """
    )
    before = psutil.Process().memory_info().rss
    done = measure(path, "matmul")
    assert psutil.Process().memory_info().rss - before < 100 * 2**20
    assert len(done.cells(path)) == 2
    (failed,) = done.of(schema.Failed, path)
    assert "bytes left out" in failed.output_tail
    assert len(failed.output_tail) < 20_000


def test_a_worker_that_takes_too_much_memory_is_ended(measure, adapter):
    path = adapter(
        """
        def build(workload, arrays):
            if workload.case == "matmul/square/256":
                hoard = np.ones(2**27)
                time.sleep(60)
            return null.build(workload, arrays)
        """
    )
    done = measure(f"{path},numpy", "matmul", memory_bytes=700 * 2**20)
    assert done.code == 1
    (failed,) = (r for r in done.records if isinstance(r, schema.Failed))
    assert failed.case == "matmul/square/256"
    assert "0.68 allowed (--memory): killed" in failed.reason
    assert len(done.cells(path)) == 2
    assert len(done.cells("numpy")) == 3


def test_isolated_cases_share_no_process(measure, adapter):
    path = adapter(
        """
        seen = []
        def build(workload, arrays):
            seen.append(workload.case)
            assert len(seen) == 1, seen
            return null.build(workload, arrays)
        """
    )
    done = measure(path, "matmul", isolated=True)
    assert done.code == 0
    assert len(done.cells(path)) == 3
    assert len(done.of(schema.Runtime, path)) == 3
    assert "starting workers anew for each case took" in done.out
    assert measure(path, "matmul").code == 1
