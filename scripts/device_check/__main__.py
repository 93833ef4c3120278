"""The command: refuses in a sentence what cannot run, before anything that may be missing loads."""

from __future__ import annotations

import sys

from scripts.device_check import packages

if __name__ == "__main__":
    if reason := packages.refusal(sys.version_info[:2]):
        sys.stderr.write(f"device_check: {reason}\n")
        sys.exit(2)
    from scripts.device_check import command

    sys.exit(command.main(sys.argv[1:]))
