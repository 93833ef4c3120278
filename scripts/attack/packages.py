"""False packages: an index, and a folder of wheels, with other files under the versions we pin."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import http.server
import re
import shutil
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from scripts.attack import commands
from scripts.attack.commands import CHECKOUT
from scripts.attack.counts import Asked, Counts

REFUSED = "is not the one that requirements/locks names"


def false_packages(asked: Asked) -> Counts:
    """A false numpy and a false uv, of exactly the versions that are pinned, offered to a build."""
    counts = Counts()
    for name, wanted in (("numpy", ["numpy"]), ("uv", [])):
        wheel = false_wheel(asked.folder / "wheels", name, pinned(name))
        true = next(iter(locked(name)))
        for offered in ("index", "index with the true hash", "folder"):
            folder = asked.folder / f"{name} {offered}"
            here = checkout(folder, boots=name == "uv")
            with offering(wheel, offered, claimed=true) as variables:
                counts.add(built(here, wanted, variables))
    return counts


def built(here: Path, names: list[str], variables: Mapping[str, str]) -> Counts:
    """Have environments built there; what of the false package was installed or ran."""
    environment = {**variables, "UV_CACHE_DIR": str(here / "cache"), "PYTHONPATH": ""}
    for kept in ("PIP_FIND_LINKS", "UV_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL"):
        environment.setdefault(kept, "")
    ended = commands.run(
        *["-m", "bench.boot", *names], cwd=here, environment=environment, launcher=[sys.executable]
    )
    counts = ended.count(expected=(1,))
    if REFUSED not in ended.output:
        counts.notes.append(f"{here.name}: no sentence: {ended.output[-300:]}")
        counts.tracebacks += 1
    fresh = [path for path in (here / ".venv").iterdir() if not path.is_symlink()]
    left = [str(path) for path in fresh if path.name != ".lock"]
    if left or ran(here):
        counts.notes.append(f"{here.name}: installed or run: {left} {ran(here)}")
        counts.escapes += 1
    return counts


def ran(here: Path) -> bool:
    """Whether code of the false package ran: it says so in the folder it is built for."""
    return (here / "ran").exists()


def checkout(folder: Path, *, boots: bool = False) -> Path:
    """A copy of what makes environments; it makes its own uv where it `boots`."""
    for part in ("bench", "frameworks", "suites", "requirements"):
        shutil.copytree(
            CHECKOUT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    (folder / ".venv").mkdir()
    if not boots:
        (folder / ".venv" / "boot").symlink_to((CHECKOUT / ".venv" / "boot").resolve())
    return folder


def pinned(name: str) -> str:
    """The version of a package in the requirements."""
    pins = CHECKOUT / "requirements" / f"{'boot' if name == 'uv' else name}.txt"
    found = re.search(rf"^{name}==(\S+)", pins.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def locked(name: str) -> list[str]:
    """The sha256 of each of its true files."""
    lock = CHECKOUT / "requirements" / "locks" / f"{'boot' if name == 'uv' else name}.txt"
    return re.findall(r"--hash=sha256:([0-9a-f]{64})", lock.read_text(encoding="utf-8"))


def false_wheel(folder: Path, name: str, version: str) -> Path:
    """A wheel for every platform whose code runs when it is imported, and when Python starts."""
    folder.mkdir(parents=True, exist_ok=True)
    info, code = f"{name}-{version}.dist-info", "open('ran', 'w').close()\n"
    files = {
        f"{name}/__init__.py": f"__version__ = {version!r}\n{code}",
        f"{name}.pth": f"import sys; {code}",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    listed = [f"{path},sha256={_urlsafe(text)},{len(text)}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*listed, f"{info}/RECORD,,", ""])
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for inside, text in files.items():
            wheel.writestr(inside, text)
    return path


def _urlsafe(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")


@contextlib.contextmanager
def offering(wheel: Path, how: str, claimed: str) -> Iterator[dict[str, str]]:
    """The variables of a user whose index, or folder of wheels, is the attacker's."""
    if how == "folder":
        yield {"UV_FIND_LINKS": str(wheel.parent), "UV_OFFLINE": "1", **pip(wheel.parent)}
        return
    sha256 = claimed if "true hash" in how else hashlib.sha256(wheel.read_bytes()).hexdigest()
    with serving(wheel, sha256) as address:
        yield {"UV_DEFAULT_INDEX": address, "PIP_INDEX_URL": address, "UV_INDEX_URL": address}


def pip(folder: Path) -> dict[str, str]:
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder)}


@contextlib.contextmanager
def serving(wheel: Path, sha256: str) -> Iterator[str]:
    """An index on this machine that knows one package (PEP 503), and says this of its file."""
    link = f'<a href="/files/{wheel.name}#sha256={sha256}">{wheel.name}</a>'
    pages = {f"/simple/{wheel.name.partition('-')[0]}/": link.encode()}

    class Index(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.wfile.write(self.answer())

        def answer(self) -> bytes:
            """The head of the answer, sent; its body."""
            is_file = self.path == f"/files/{wheel.name}"
            body = wheel.read_bytes() if is_file else pages.get(self.path)
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/zip" if is_file else "text/html")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            return body or b""

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/simple"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


ATTACKS = {"false packages": false_packages}
