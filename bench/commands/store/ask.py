"""The command `store ask`: a question whose seed nobody could know."""

from __future__ import annotations

from pathlib import Path

from bench import values, version, whole_file
from bench.printable import tell
from bench.trust import challenge


def run(suites: str, preset: str, of: str, out: Path) -> int:
    """Write the question. Raises UserError, OSError."""
    values.new_file(out)
    asked = challenge.made(version.commit() or "unknown", values.split(suites), preset, of)
    whole_file.write(out, challenge.encoded(asked))
    tell(f"{out} asks for a run with Metalbench {asked.commit[:12]}. Send it to one person alone:")
    tell(f"  {asked.command}")
    tell(f"What comes back: ./metalbench store check-work {out} RESULTS --key YOUR_KEY")
    return 0
