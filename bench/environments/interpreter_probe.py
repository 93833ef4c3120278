"""What a Python says of itself. It is run by that Python with -c, so every Python 3 can read it.

Usage: python -c TEXT MODULE DISTRIBUTION... The answer is the last line that begins with ANSWER.
"""

import sys

if __name__ == "__main__" and sys.path[:1] == [""]:
    del sys.path[0]  # the folder the command was typed in may hold anything

import json
import os
import platform
import subprocess

ANSWER = "metalbench: "


def told():
    """Facts of this Python; of one that is too old to ask for more, the first few."""
    facts = {
        "version": platform.python_version(),
        "executable": sys.executable,
        "prefix": sys.prefix,
        "machine": platform.machine(),
        "implementation": platform.python_implementation(),
        "conda": os.path.isdir(os.path.join(sys.prefix, "conda-meta")),
        "packages": {},
        "translated": sys.platform == "darwin" and _translated(),
    }
    if sys.version_info >= (3, 8):
        facts.update(_installed(sys.argv[1], sys.argv[2:]))
    return facts


def _translated():
    """Whether Rosetta 2 runs it."""
    try:
        said = subprocess.check_output(["/usr/sbin/sysctl", "-in", "sysctl.proc_translated"])
    except Exception:  # then nobody knows
        return False
    return said.strip() == b"1"


def _installed(module, distributions):
    """Whether it has pip, NumPy and the module, which alone is not imported: it may take long."""
    from importlib import metadata, util

    packages = {}
    for distribution in distributions:
        try:
            packages[distribution] = str(metadata.version(distribution))
        except Exception:  # its metadata may be anything
            continue
    try:
        import numpy

        packages["numpy"] = str(numpy.__version__)
        fault = ""
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        fault = "%s: %s" % (type(error).__name__, (lines or [""])[-1])
    return {
        "packages": packages,
        "numpy_fault": fault,
        "has_numpy": util.find_spec("numpy") is not None,
        "has_module": util.find_spec(module) is not None,
        "has_pip": util.find_spec("pip") is not None,
    }


if __name__ == "__main__":
    sys.stdout.flush()
    sys.stdout.write("\n" + ANSWER + json.dumps(told()) + "\n")
    sys.stdout.flush()
