"""A file that is written whole or not at all: another program may be waiting for it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write(path: Path, content: str | bytes) -> None:
    """The content, text in UTF-8, in the place of whatever was there. Raises OSError."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".metalbench-", delete=False) as file:
        try:
            file.write(content.encode("utf-8") if isinstance(content, str) else content)
            file.close()
            Path(file.name).chmod(0o666 & ~_umask())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    """What other files of this process get; it can only be read by being set."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
