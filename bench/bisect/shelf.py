"""The environments of a bisection: made when they are needed, given up again within DISK."""

from __future__ import annotations

from collections.abc import Callable, Collection

from bench.bisect.keeping import Held, to_remove
from bench.environments import manager, stamped_folder
from bench.environments.requirements import Name


class Shelf:
    """What this bisection has built; what was there before it is never removed."""

    def __init__(
        self, named: Callable[[str], Name], room_bytes: int, index: str, say: Callable[[str], None]
    ) -> None:
        self._named, self._room_bytes, self._index, self._say = named, room_bytes, index, say
        self._held: list[Held] = []

    def have(self, version: str, place: int, needed: Collection[str]) -> None:
        """The version's environment is there when this returns; those that are `needed` stay.

        Raises manager.Unavailable, BuildFailed.
        """
        name = self._named(version)
        there = bool(stamped_folder.stamp(manager.root() / str(name)))
        if not there:
            largest = max((each.size_bytes for each in self._held), default=0)
            self._make_room(place, needed, self._room_bytes - largest)
        manager.ensure(name, self._say, self._index)
        if there:
            return
        stamp = stamped_folder.stamp(manager.root() / str(name))
        self._held.append(Held(version, place, int(stamp.get("size_bytes", 0))))
        self._make_room(place, needed, self._room_bytes)

    def _make_room(self, near: int, needed: Collection[str], room_bytes: int) -> None:
        for each in to_remove(self._held, near, needed, room_bytes):
            name = self._named(each.version)
            self._say(f"{name}: removed, {each.size_bytes / 1e6:,.0f} MB, to stay within DISK")
            manager.remove(name)
            self._held.remove(each)
