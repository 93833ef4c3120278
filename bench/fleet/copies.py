"""The head's copy of what one suite on one machine has recorded: checked, whole lines, never twice.

The machine's own file is the original. A copy is a beginning of it, byte for byte, after which
stands only what the head itself says of cells that a lost machine left unfinished.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import msgspec

from bench import records, whole_file
from bench.bounded_lines import MAX_FILE_BYTES, MAX_LINES
from bench.fleet.note import LOST
from bench.run import resume
from bench.run.resume import Checkpoint
from bench.schema import Cell, End, Failed, Published, Record, Run, Slice, State, Verified
from suites.errors import UserError

_RECORDS, _AGAIN, _SUM = "records.jsonl", "again.jsonl", "records.sha256"
_BAD = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


class BadCopy(UserError):
    """What a machine sent is no record; the message says why."""


class Copy:
    """Of one suite on one machine, in a folder of its own. Raises OSError, BadCopy."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path, self._again = folder / _RECORDS, folder / _AGAIN
        folder.mkdir(parents=True, exist_ok=True)
        if self._again.exists():  # a head that died while it was sent anew
            self._keep_apart(self._again)
        if self._path.exists():
            _without_loss(self._path)
        self._kept = _Kept.of(self._path)
        self._anew: _Kept | None = None
        self._lost = False

    @property
    def path(self) -> Path:
        return self._path

    @property
    def run(self) -> Run | None:
        """What is measured; None before its first record came."""
        return self._now.run

    @property
    def _now(self) -> _Kept:
        return self._anew or self._kept

    @property
    def have(self) -> tuple[int, str]:
        """Length in bytes and sha256 of what is kept."""
        return self._kept.size, self._kept.hash.hexdigest()

    @property
    def finished(self) -> bool:
        """Whether the whole of a run that came to its end is here, as its machine has it."""
        try:
            said = (self._folder / _SUM).read_text(encoding="ascii").split()[0]
        except (OSError, ValueError, IndexError):
            return False
        return self._kept.ended and said == self.have[1]

    @property
    def at(self) -> tuple[int, int, str]:
        """How many of its cases have begun, how many there are, and which is the last of them."""
        now = self._now
        return len(now.begun), len(now.run.cases) if now.run else 0, now.case

    def take(self, at: int, data: bytes) -> None:
        """Keep these lines of the machine's file, which begin at this byte. Lines that were kept
        before are passed over; from the beginning, they are another file, or the same anew."""
        if self._lost:
            return  # a late word; it is asked for again when the machine is back
        if at == 0 and self._kept.size and self._anew is None:
            self._anew = _Kept(self._again)
        now = self._now
        if at > now.size:
            return  # what is missing before it is asked for at the end
        now.add(data[now.size - at :])

    def end(self, size: int, sha256: str) -> bool:
        """The machine's file has this length and hash; whether the copy has the same."""
        now = self._now
        if (now.size, now.hash.hexdigest()) != (size, sha256):
            self._again.unlink(missing_ok=True)
            self._anew = None
            return False
        if self._anew:
            self._take_the_place()
        if self._kept.ended:
            whole_file.write(self._folder / _SUM, f"{sha256}  {_RECORDS}\n")
        return True

    def lose(self, reason: str) -> int:
        """Add a failure for each cell that is not finished; how many these are.

        They are no part of the machine's file and are taken away when it goes on.
        """
        if self._anew:
            self._take_the_place()
        kept, self._lost = self._kept, True
        if kept.run is None:
            return 0
        failures = [
            Failed(contender=contender.contender, case=case.case, stage=LOST, reason=reason)
            for case in kept.run.cases
            for contender in kept.run.contenders
            if contender.contender not in kept.done.absent
            and (contender.contender, case.case) not in kept.done.finished
        ]
        with self._path.open("ab") as file:
            for failure in failures:
                file.write(msgspec.json.encode(failure) + b"\n")
        return len(failures)

    def _take_the_place(self) -> None:
        """What was sent anew is the copy now; a run that it does not continue stays beside it."""
        if self._anew is None or self._anew.run is None:
            return
        if self._path.exists() and self._kept.run and self._kept.run.run != self._anew.run.run:
            self._keep_apart(self._path)
        self._again.replace(self._path)
        self._kept, self._anew = self._anew, None
        self._kept.path = self._path

    def _keep_apart(self, path: Path) -> None:
        """In a folder beside, which a report reads too; the same run need not be kept twice."""
        try:
            run, own = records.head(path), records.head(self._path) if path == self._again else None
        except OSError:
            run, own = records.head(path), None
        if run is None or (own and own.run == run.run):
            path.unlink()
            return
        with path.open("rb") as file:  # a name of ours: the run's id is whatever its machine says
            content = hashlib.file_digest(file, "sha256").hexdigest()
        apart = self._folder.with_name(f"{self._folder.name}.{content[:12]}")
        apart.mkdir(exist_ok=True)
        path.replace(apart / _RECORDS)


class _Kept:
    """A file of whole lines, each of which was a record when it came."""

    def __init__(self, path: Path) -> None:
        self.path, self.hash = path, hashlib.sha256()
        self.size, self.lines = 0, 0
        self.run: Run | None = None
        self.ended, self.case = False, ""
        self.begun: set[str] = set()
        self.done = Checkpoint(path.parent, "")

    @classmethod
    def of(cls, path: Path) -> _Kept:
        """Of what a head before this one has kept."""
        kept = cls(path)
        if path.exists():
            with path.open("rb") as file:
                for line in file:
                    kept._take(line)  # in binary a line ends at a newline alone
        return kept

    def add(self, data: bytes) -> None:
        """Append whole lines. Raises BadCopy before the first that is no record."""
        if not data:
            return
        if not data.endswith(b"\n"):
            raise BadCopy(f"line {self.lines + 1}: it has no end")
        good, why = list[bytes](), ""
        for line in data.split(b"\n")[:-1]:
            try:
                self._take(line + b"\n")
            except BadCopy as error:
                why = str(error)
                break
            good.append(line + b"\n")
        with self.path.open("ab") as file:
            file.write(b"".join(good))
            file.flush()
            os.fsync(file.fileno())
        if why:
            raise BadCopy(why)

    def _take(self, line: bytes) -> None:
        number = self.lines + 1
        if self.size + len(line) > MAX_FILE_BYTES or number > MAX_LINES:
            raise BadCopy(f"line {number}: more than a run writes")
        if not line.endswith(b"\n"):
            raise BadCopy(f"line {number}: it has no end")
        try:
            record = records.decoded(line)
        except _BAD as error:
            raise BadCopy(f"line {number}: {str(error)[:200]}") from None
        if isinstance(record, Published) or isinstance(record, Run) != (number == 1):
            raise BadCopy(f"line {number}: a run's records begin with `run`, and it comes once")
        self._learn(record)
        self.hash.update(line)
        self.size += len(line)
        self.lines = number

    def _learn(self, record: Record) -> None:
        if isinstance(record, Run):
            self.run = record
        self.ended = isinstance(record, End)
        if isinstance(record, State | Slice | Verified | Cell):
            self.case = record.case
            self.begun.add(record.case)
        if not isinstance(record, Slice):  # it says nothing of what is finished, and there are many
            resume.take_in(record, self.done)


def _without_loss(path: Path) -> None:
    """Cut what a break left of a last line, and what a head said of cells that were lost."""
    records.cut(path)
    content = path.read_bytes()
    size = len(content)
    while size:
        begin = content.rfind(b"\n", 0, size - 1) + 1
        try:
            record = records.decoded(content[begin:size])
        except _BAD:
            break
        if not (isinstance(record, Failed) and record.stage == LOST):
            break
        size = begin
    if size < len(content):
        with path.open("r+b") as file:
            file.truncate(size)
