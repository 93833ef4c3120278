"""Our figures against torch.utils.benchmark: same products, same threads, alternating in one run.

.venv/host/bin/python -m scripts.agreement
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.contenders import worker_environment
from bench.environments import manager
from bench.environments.requirements import parse
from scripts.device_check import agreement

SECONDS = 50


def main():
    python = manager.ensure(parse("torch"), lambda line: print(line, file=sys.stderr))
    variables = worker_environment.variables({"PATH": "/usr/bin:/bin"}, {}, None)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "agreement.jsonl"
        timers = [str(python), "-P", "-m", "scripts.device_check.timers", "torch", "cpu"]
        subprocess.run([*timers, str(SECONDS), str(path)], env=variables, check=True)
        found = agreement.read(path)
    print("    n     ours     torch.utils.benchmark    ours / theirs (turns)")
    for each in found:
        ours, theirs = (f"{s * 1e6:8.1f} us" for s in (each.ours_s, each.theirs_s))
        between = f"{each.low:.3f} to {each.high:.3f} in {each.turns}"
        print(f"{each.order:5} {ours} {theirs:>19} {each.ratio:16.3f} ({between})")


if __name__ == "__main__":
    main()
