"""One file to carry to a machine without a network: this checkout's commit, and the packages that
the check needs.

python3 -m scripts.device_check.bundle --python 3.12 [--without numpy,scipy] [--out FILE.tar.gz]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from scripts.device_check.packages import CHECKOUT, NEEDED, pins

PLATFORMS = tuple(f"manylinux{tag}_x86_64" for tag in ("_2_28", "_2_27", "_2_17", "2014", "1"))
"""pip takes each exactly; together they run on any Linux of the last years."""

HOME = "metalbench"

CHECK = """#!/bin/sh
# Checks this machine with the packages beside this file; options are those of docs/device-check.md.
set -eu
cd "$(dirname "$0")"
PYTHONPATH=host-packages exec "${PYTHON:-python3}" -m scripts.device_check "$@"
"""


def main() -> int:
    """0 where the file stands; what git or pip say otherwise."""
    asked = _asked()
    names = tuple(name for name in NEEDED if name not in asked.without.split(","))
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / HOME
        for command in (_archive(folder), _install(home, names, asked)):
            done = subprocess.run(command, cwd=CHECKOUT, check=False)
            if done.returncode:
                return done.returncode
            if not home.exists():
                with tarfile.open(Path(folder) / "commit.tar") as archive:
                    archive.extractall(folder, filter="data")
        check = home / "check.sh"
        check.write_text(CHECK)
        check.chmod(0o755)
        with tarfile.open(asked.out, "w:gz", compresslevel=6) as bundle:
            bundle.add(home, HOME)
    size = asked.out.stat().st_size / 1e6
    print(
        f"{asked.out}: {size:.0f} MB. There: tar xf {asked.out.name}; {HOME}/check.sh --minutes 8"
    )
    return 0


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m scripts.device_check.bundle")
    usual = f"{sys.version_info[0]}.{sys.version_info[1]}"
    parser.add_argument("--python", default=usual, help="version of the python3 of that machine")
    parser.add_argument("--platform", action="append", help="wheels for it; Linux on x86-64 else")
    parser.add_argument("--without", default="", help="packages that the python3 there has")
    parser.add_argument("--out", type=Path, default=Path("metalbench-check.tar.gz"))
    return parser.parse_args()


def _archive(folder: str) -> list[str]:
    return ["git", "archive", f"--prefix={HOME}/", f"--output={folder}/commit.tar", "HEAD"]


def _install(home: Path, names: tuple[str, ...], asked: argparse.Namespace) -> list[str]:
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-warn-conflicts",
        "--only-binary=:all:",
    ]
    command += ["--target", str(home / "host-packages"), "--python-version", asked.python]
    command += [f"--platform={each}" for each in asked.platform or PLATFORMS]
    return command + pins(names)


if __name__ == "__main__":
    sys.exit(main())
