"""The head of a fleet: hands out suites through Dask's queue, and keeps every record that comes."""

from __future__ import annotations

import contextlib
import functools
import queue
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from bench.fleet import quiet, task
from bench.fleet.connection import Connection, Head, News
from bench.fleet.copies import BadCopy, Copy
from bench.fleet.hosts import Machine
from bench.fleet.lane import FINISHED, MEASURING, PREPARING, STOPPED, Lane
from bench.fleet.plan import Plan, place_there
from bench.fleet.screen import Screen
from bench.fleet.ssh import Checkout
from bench.run.signals import Interrupts

if TYPE_CHECKING:
    from distributed import Client, Future

END_S = task.STOP_S + 15
"""Longest all machines together may take to end after a Ctrl-C."""

WATCH = 1.0
"""Seconds between two looks when nothing comes."""

Text = Annotated[str, msgspec.Meta(max_length=8192)]


class _Lines(msgspec.Struct, tag="lines", tag_field="what"):
    at: Annotated[int, msgspec.Meta(ge=0)]
    data: bytes


class _Now(msgspec.Struct, tag="now", tag_field="what"):
    line: Text


class _Ended(msgspec.Struct, tag="ended", tag_field="what"):
    code: int
    why: Text
    bytes: Annotated[int, msgspec.Meta(ge=0)]
    sha256: Annotated[str, msgspec.Meta(max_length=64)]


@dataclass(frozen=True)
class _Heard:
    """Of one suite on one machine: what its task told, or that the task is no more."""

    machine: str
    suite: str
    told: object = None
    what: Literal["told", "erred"] = "told"


def lanes(plan: Plan) -> list[Lane]:
    """What there is of each machine already. Raises BadCopy, OSError."""
    found = []
    for name, asked in plan.machines.items():
        copies = {suite: Copy(plan.place(name, suite)) for suite in asked.suites}
        lane = Lane(name, copies, left=[s for s, copy in copies.items() if not copy.finished])
        lane.state = lane.state if lane.left else FINISHED
        found.append(lane)
    return found


class Fleet:
    """One fleet at work."""

    def __init__(
        self, plan: Plan, machines: Sequence[Machine], lanes: Sequence[Lane], screen: Screen
    ) -> None:
        self._plan, self._screen = plan, screen
        self._machines = {machine.name: machine for machine in machines}
        self._lanes = {lane.name: lane for lane in lanes}
        self._inbox: queue.SimpleQueue[News | _Heard] = queue.SimpleQueue()
        self._connections: dict[str, Connection] = {}
        self._futures: dict[tuple[str, str], Future[None]] = {}
        self._client: Client | None = None
        self._stopping = False
        screen.lanes = lanes

    def go(self) -> int | None:
        """Measure all that is left; the signal that ended it early, if one did."""
        with Interrupts(self._screen.say) as interrupts, scheduler() as (client, port, secret):
            self._client = client
            head = Head(port, *secret, Checkout.here(), self._plan.slots.resolve())
            try:
                self._open(head)
                while not self._over:
                    item = self._next()
                    with interrupts.deferred():
                        self._take(item)
            except KeyboardInterrupt:
                self._stop()
            finally:
                self._close()
        return interrupts.signal

    @property
    def _over(self) -> bool:
        return all(lane.over for lane in self._lanes.values())

    def _open(self, head: Head) -> None:
        for lane in self._lanes.values():
            if not lane.over:
                lane.state = PREPARING
                connection = Connection(self._machines[lane.name], head, self._inbox.put)
                self._connections[lane.name] = connection
                connection.open()

    def _next(self) -> News | _Heard | None:
        self._screen.look()
        with contextlib.suppress(queue.Empty):
            return self._inbox.get(timeout=WATCH)
        return None

    def _take(self, item: News | _Heard | None) -> None:
        if item is None or (lane := self._lanes[item.machine]).over:
            return
        if isinstance(item, News):
            self._hear_of(lane, item)
        elif item.suite not in lane.left:
            return
        elif item.what == "erred":  # why is known when its connection is at its end
            self._connections[lane.name].close()
        else:
            self._hear_from(lane, item)

    def _hear_of(self, lane: Lane, news: News) -> None:
        if news.what == "works":
            lane.state, lane.note = MEASURING, ""
            for suite in lane.left:
                self._submit(lane, suite, lane.copies[suite].have)
        elif news.what == "gone":
            self._screen.say(lane.lose(news.line))
        elif news.what == "says":
            self._screen.say(f"{lane.name}: {news.line}")
        else:
            lane.note = news.line

    def _submit(self, lane: Lane, suite: str, have: tuple[int, str]) -> None:
        assert self._client
        asked = self._plan.machines[lane.name]
        topic = secrets.token_hex(16)  # in the order alone: who knows it can speak for the suite
        heard = functools.partial(_Heard, lane.name, suite)
        self._client.subscribe_topic(topic, lambda event: self._inbox.put(heard(event[1])))
        order = {
            "topic": topic,
            "suite": suite,
            "flags": dict(asked.flags),
            "place": str(place_there(self._plan.fleet, lane.name)),
            "have_bytes": have[0],
            "have_sha256": have[1],
        }
        future = self._client.submit(
            task.measure,
            order,
            key=secrets.token_hex(16),
            workers=[self._connections[lane.name].worker],
            allow_other_workers=False,
            resources={"machine": 1},
            retries=0,
            pure=False,
            priority=-lane.left.index(suite),
        )
        self._futures[lane.name, suite] = future
        future.add_done_callback(functools.partial(self._note_error, heard(what="erred")))

    def _note_error(self, erred: _Heard, done: Future[None]) -> None:
        if done.status != "finished":
            self._inbox.put(erred)

    def _hear_from(self, lane: Lane, heard: _Heard) -> None:
        suite, copy = heard.suite, lane.copies[heard.suite]
        try:
            told = msgspec.convert(heard.told, _Lines | _Now | _Ended)
            if isinstance(told, _Now):
                lane.note = told.line
            elif isinstance(told, _Lines):
                copy.take(told.at, told.data)
            elif copy.end(told.bytes, told.sha256) or not told.bytes:
                self._end(lane, suite, told)
            elif suite in lane.asked_again:
                self._fail(lane, suite, "its records did not arrive as they were sent, twice")
            else:
                lane.asked_again.add(suite)
                self._futures.pop((lane.name, suite)).release()
                self._submit(lane, suite, (0, ""))
        except (msgspec.ValidationError, BadCopy) as error:
            self._fail(lane, suite, f"what it sent is no record: {str(error)[:300]}")
        except OSError as error:
            self._fail(lane, suite, f"what it sent cannot be kept: {error}")

    def _end(self, lane: Lane, suite: str, told: _Ended) -> None:
        if self._stopping and not lane.copies[suite].finished:
            lane.state = STOPPED
        elif told.code:
            why = " ".join(told.why.splitlines()[-1:])[:500]
            self._fail(lane, suite, why or f"exit {told.code}")
        else:
            self._screen.say(f"{lane.name}: {suite} is finished")
            self._leave(lane, suite)

    def _fail(self, lane: Lane, suite: str, why: str) -> None:
        sentence = f"{lane.name}: {suite}: {why}"
        lane.troubles.append(sentence)
        self._screen.say(sentence)
        self._leave(lane, suite)

    def _leave(self, lane: Lane, suite: str) -> None:
        lane.left.remove(suite)
        if future := self._futures.pop((lane.name, suite), None):
            future.release()  # else Dask would do it again where its worker is lost
        if not lane.left:
            lane.state, lane.note = FINISHED, ""
            self._connections[lane.name].close()

    def _stop(self) -> None:
        """Let each machine finish its slice, and take in what that gives."""
        self._stopping = True
        for connection in self._connections.values():
            connection.stop()
        deadline = time.monotonic() + END_S
        with contextlib.suppress(KeyboardInterrupt):
            while not self._over and time.monotonic() < deadline:
                self._take(self._next())
        for lane in self._lanes.values():
            lane.state = lane.state if lane.over else STOPPED

    def _close(self) -> None:
        for connection in self._connections.values():
            connection.close()
        for connection in self._connections.values():
            connection.finish(END_S)


@contextlib.contextmanager
def scheduler() -> Iterator[tuple[Any, int, tuple[str, str]]]:
    """Dask's scheduler in this process, on loopback: its client, port, certificate and key."""
    quiet.settle()
    from distributed import Client, Scheduler, Security, SpecCluster

    security = Security.temporary()
    options = {
        "host": "127.0.0.1",
        "port": 0,
        "protocol": "tls",
        "dashboard": False,
        "dashboard_address": quiet.HTTP,
        "security": security,
        "extensions": {},
    }
    specification = {"cls": Scheduler, "options": options}
    with (
        SpecCluster(workers={}, scheduler=specification, security=security) as cluster,
        Client(cluster, security=security, set_as_default=False) as client,
    ):
        quiet.answer_only(cluster.scheduler, quiet.ASKED)  # the one client there will be is here
        port = int(cluster.scheduler_address.rpartition(":")[2])
        yield client, port, (security.tls_worker_cert, security.tls_worker_key)
