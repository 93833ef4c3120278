"""A machine's worker as its head holds it: found, started, kept alive, and known to have ended."""

from __future__ import annotations

import contextlib
import os
import random
import secrets
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.environments.manager import CHECKOUT
from bench.fleet import ssh
from bench.fleet.hosts import Machine
from bench.fleet.ssh import Checkout, Unusable
from bench.fleet.worker import ALIVE, ALIVE_S, READY, STOP, WORKING, Settings
from bench.run import lock

TRIES = 4
"""Ports are tried so often: another program may have taken one meanwhile."""

CLOSE_S = 20.0
"""Longest a worker and its ssh may take to end by themselves."""

_PORTS_THERE = (20_000, 32_000)
"""Below those that Linux and macOS give to whoever asks for any."""

_LONGEST = 500
"""Characters of a line that is shown."""


@dataclass(frozen=True)
class News:
    """Of one machine: `says` a line, `works`, or is `gone` with the reason."""

    machine: str
    what: str
    line: str = ""


@dataclass(frozen=True)
class Head:
    """What every machine is told of this one."""

    port: int
    """Of the scheduler, on 127.0.0.1."""
    certificate: str
    key: str
    checkout: Checkout
    slots: Path
    """Folder with a folder for each slot of this machine."""


class Connection:
    """To one machine, from the first look at it to the end of its worker.

    `worker` is what Dask calls that worker.
    """

    def __init__(self, machine: Machine, head: Head, tell: Callable[[News], None]) -> None:
        self.worker = secrets.token_hex(16)
        self._machine, self._head, self._tell = machine, head, tell
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: deque[str] = deque(maxlen=20)
        self._working, self._closed = False, threading.Event()
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=machine.name, daemon=True)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def open(self) -> None:
        """Begin; what it comes to is told, and last of all that the machine is gone."""
        self._thread.start()

    def _run(self) -> None:
        reason = "its connection broke off"
        try:
            if self._machine.ssh:
                self._say(ssh.look(self._machine, self._head.checkout))
            for _ in range(TRIES):
                if self._closed.is_set() or not self._held():
                    break
            reason = (
                ssh.why("\n".join(self._errors))
                if self._errors
                else "its worker ended, or was heard no more"
            )
        except (Unusable, OSError) as error:
            reason = str(error)
        finally:
            self._tell(News(self._machine.name, "gone", reason))

    def stop(self) -> None:
        """Have it finish the slice it measures, and no more."""
        self._write(STOP)

    def close(self) -> None:
        """End the worker and all it has begun; returns at once."""
        self._closed.set()
        process = self._process
        if process and process.stdin:
            with self._writing, contextlib.suppress(OSError):
                process.stdin.close()
            # One that is stopped, or waits for a network that is silent, hears nothing.
            late = threading.Timer(CLOSE_S, process.kill)
            late.daemon = True
            late.start()

    def finish(self, limit_s: float) -> None:
        """Wait for its end, and see to it after that time."""
        self._thread.join(limit_s if self._process else 1)
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._thread.join(limit_s)

    def _held(self) -> bool:
        """One worker from its start to its end; whether it is worth another try."""
        token, port = secrets.token_hex(8), _free_port()
        there = random.randrange(*_PORTS_THERE) if self._machine.ssh else self._head.port
        forwards = ssh.tunnels(self._head.port, there, port)
        self._errors.clear()
        with self._begun(token, forwards) as process:
            self._process = process
            if self._closed.is_set():
                self.close()
            reader = threading.Thread(target=self._hear_errors, args=(process,), daemon=True)
            reader.start()
            if self._machine.ssh:
                self._write(ssh.worker_script(self._machine, token).encode())
            self._hear(process, token, there, port)
            process.wait()
            reader.join(5)
        return not self._working and ssh.is_taken("\n".join(self._errors))

    def _begun(self, token: str, forwards: list[str]) -> subprocess.Popen[bytes]:
        variables, words = dict(os.environ), ssh.command(self._machine, *forwards)
        slot = None
        if not self._machine.ssh:
            slot = self._head.slots / self._machine.name
            slot.mkdir(parents=True, exist_ok=True)
            variables |= {"PYTHONPATH": str(CHECKOUT), lock.VARIABLE: str(slot)}
            words = [sys.executable, "-P", "-m", "bench.fleet.worker", token]
        return subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=variables,
            cwd=slot,
            start_new_session=True,  # Ctrl-C reaches the head alone
        )

    def _hear(self, process: subprocess.Popen[bytes], token: str, there: int, port: int) -> None:
        """What the worker says of itself, until it says nothing any more."""
        assert process.stdout
        while line := process.stdout.readline(_LONGEST):
            said, _, word = line.rstrip().partition(b" ")
            if said != token.encode():
                continue  # of a log-in, or of a library
            if word == READY:
                self._write(msgspec.json.encode(self._settings(there, port)))
                threading.Thread(target=self._keep_alive, args=(process,), daemon=True).start()
            elif word == WORKING:
                self._working = True
                self._tell(News(self._machine.name, "works"))

    def _settings(self, there: int, port: int) -> Settings:
        return Settings(
            scheduler=f"tls://127.0.0.1:{there}",
            port=port,
            name=self.worker,
            certificate=self._head.certificate,
            key=self._head.key,
        )

    def _keep_alive(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None and not self._closed.wait(ALIVE_S):
            self._write(ALIVE)

    def _hear_errors(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr
        while line := process.stderr.readline(_LONGEST):
            text = line.decode(errors="replace").rstrip()
            self._errors.append(text)
            if not self._working:
                self._tell(News(self._machine.name, "prepares", text))

    def _say(self, line: str) -> None:
        if line:
            self._tell(News(self._machine.name, "says", line))

    def _write(self, line: bytes) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdin.closed:
            return
        with self._writing, contextlib.suppress(OSError, ValueError):
            process.stdin.write(line + b"\n")
            process.stdin.flush()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
