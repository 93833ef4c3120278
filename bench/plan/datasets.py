"""Published data sets: downloaded or taken from a folder, and kept only with the known hash."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from suites.data import cache_files, idx
from suites.data import sources as data
from suites.workload import Learn, Lifecycle, Workload

HOSTS = {
    "fashion_mnist": "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/"
    "b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/",
    # A copy, with the published hashes: the first host often refuses programs.
    "mnist": "https://ossci-datasets.s3.amazonaws.com/mnist/",
}
"""Where the files of each source lie."""

TIMEOUT_S = 20
"""Silence after which a host counts as one that does not answer."""

Say = Callable[[str], None]


def required(workloads: Iterable[Workload]) -> list[str]:
    """The published sources that these workloads learn from.

    Raises data.NoData where one asks for what no source holds.
    """
    sources: dict[str, None] = {}
    for workload in workloads:
        if isinstance(workload, Lifecycle):
            workload = workload.learn
        if isinstance(workload, Learn):
            data.check(workload.data)
            sources[workload.data.source] = None
    return [source for source in sources if source in data.PUBLISHED]


def provide(source: str, folder: Path | None, say: Say) -> None:
    """Have every file of the source where workers look for it.

    From the user's `folder` if there is one, and from the network only if there is none. Raises
    data.NoData, naming the file, also where it cannot be kept.
    """
    home = data.FILES / source
    for known in data.PUBLISHED[source].values():
        try:
            idx.checked(home / known.name, known.sha256)
        except (idx.WrongFile, OSError):
            _fetch_into(home, source, known, folder, say)


def _fetch_into(home: Path, source: str, known: idx.Known, folder: Path | None, say: Say) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        if folder is None:
            say(f"{source}: downloading {known.name}")
            _download(source, known, home)
        else:
            _copy(source, known, home, folder)
    except OSError as error:
        why = f"{error.strerror or error}, {cache_files.free_space(home)}"
        raise data.NoData(f"{source}: {known.name} cannot be kept in {home}: {why}") from None


def _copy(source: str, known: idx.Known, home: Path, folder: Path) -> None:
    """Take the file from the user's folder, aside and then into place."""
    places = [folder / source / known.name, folder / known.name]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        looked = " or ".join(str(place) for place in places)
        raise data.NoData(f"{source}: no file {looked}\n{_advice(source)}")
    try:
        content = idx.checked(found, known.sha256)
    except (idx.WrongFile, OSError) as error:
        raise data.NoData(f"{source}: {error}\n{_advice(source)}") from None
    cache_files.write(home / known.name, content)


def _download(source: str, known: idx.Known, home: Path) -> None:
    """Fetch the file: pooch has it written aside, and renames it once it has the hash."""
    # Here, because it takes long to import, and only what downloads needs it.
    import pooch

    pooch.get_logger().setLevel("ERROR")
    url, sha256 = HOSTS[source] + known.name, f"sha256:{known.sha256}"
    try:
        pooch.retrieve(url, sha256, fname=known.name, path=home, downloader=_fetch)
    except OSError as error:  # requests' own errors, too, are of this kind
        cause = str(error).rpartition("(Caused by ")[2].removesuffix(")")
        problem = f"cannot download {known.name}: {cause}"
    except ValueError as error:
        problem = f"{known.name} was refused: {error}"
    else:
        return
    raise data.NoData(f"{source}: {' '.join(problem.split())[:300]}\n{_advice(source)}")


def _fetch(url: str, path: str, mover: object) -> None:
    """Download to the path; ValueError once it is more than any known file."""
    import pooch

    get = pooch.HTTPDownloader(
        chunk_size=2**16,
        timeout=TIMEOUT_S,
        headers={"Accept-Encoding": "identity"},  # the file as it is, still compressed
    )
    with Path(path).open("wb") as file:
        get(url, _Bounded(file), mover)


class _Bounded:
    """A file that takes only so much."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.flush = file.flush

    def write(self, chunk: bytes) -> None:
        if self._file.tell() + len(chunk) > idx.MOST_BYTES:
            raise ValueError(f"it has more than {idx.MOST_BYTES} bytes.")
        self._file.write(chunk)


def _advice(source: str) -> str:
    names = ", ".join(known.name for known in data.PUBLISHED[source].values())
    return (
        f"Expected {names}, as published at {HOSTS[source]}\n"
        f"With copies in FOLDER/{source} no network is needed: "
        "make bench SUITE=mnist DATA_DIR=FOLDER"
    )
