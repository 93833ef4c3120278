"""A package index on this machine alone: tiny wheels, served as PEP 503 or with times of upload."""

from __future__ import annotations

import contextlib
import hashlib
import html
import json
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_JSON = "application/vnd.pypi.simple.v1+json"


def write_wheel(
    folder: Path,
    name: str,
    version: str,
    *,
    tag: str = "py3-none-any",
    requires: Sequence[str] = (),
    extras: Sequence[str] = (),
    text: str = "",
) -> Path:
    """A wheel of one module that knows its version."""
    folder.mkdir(exist_ok=True, parents=True)
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    metadata += [f"Provides-Extra: {extra}" for extra in extras]
    metadata += [f"Requires-Dist: {requirement}" for requirement in requires]
    path = folder / f"{module}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{module}.py", text or f"__version__ = '{version}'\n")
        wheel.writestr(f"{info}/METADATA", "\n".join(metadata) + "\n")
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        record = [f"{entry.filename},,{entry.file_size}" for entry in wheel.filelist]
        wheel.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,", ""]))
    return path


@dataclass
class Index:
    """What is served, and what was asked for."""

    folder: Path
    uploaded: Mapping[str, str] | None
    """Time by the beginning of a file's name; None for an index that tells none."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """Told in place of the true size, by the beginning of a file's name."""
    asked: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def downloaded(self) -> list[str]:
        """Wheels that were taken whole."""
        return [path.rpartition("/")[2] for path in self.asked if path.endswith(".whl")]

    def page(self, project: str, as_json: bool) -> tuple[str, bytes]:
        """The type and the text of a project's page."""
        files = sorted(self.folder.glob(f"{project.replace('-', '_')}-[0-9]*.whl"))
        if as_json and self.uploaded is not None:
            told = {"meta": {"api-version": "1.1"}, "name": project, "versions": []}
            return _JSON, json.dumps({**told, "files": [self._file(one) for one in files]}).encode()
        links = "".join(
            f'<a href="../../files/{html.escape(one.name)}#sha256={_sha256(one)}" '
            f'data-core-metadata="true">{html.escape(one.name)}</a>'
            for one in files
        )
        return "text/html", f"<!DOCTYPE html><html><body>{links}</body></html>".encode()

    def _file(self, path: Path) -> dict[str, object]:
        def of(table: Mapping[str, object]) -> object:
            return next((told for begins, told in table.items() if path.name.startswith(begins)), 0)

        return {
            "filename": path.name,
            "url": f"../../files/{path.name}",
            "hashes": {"sha256": _sha256(path)},
            "size": of(self.sizes) or path.stat().st_size,
            "upload-time": of(self.uploaded or {}) or "2020-01-01T00:00:00.000000Z",
            "core-metadata": True,
        }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextlib.contextmanager
def served(
    folder: Path,
    uploaded: Mapping[str, str] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Iterator[Index]:
    """The wheels of a folder as an index on the loopback, until the block ends."""
    index = Index(folder, uploaded, sizes or {})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.asked.append(self.path)
            parts = self.path.strip("/").split("/")
            if len(parts) == 2 and parts[0] == "simple":
                self._answer(*index.page(parts[1], _JSON in self.headers.get("Accept", "")))
            elif self.path.endswith(".metadata"):
                wheel = zipfile.ZipFile(folder / parts[-1].removesuffix(".metadata"))
                name = next(one for one in wheel.namelist() if one.endswith("/METADATA"))
                self._answer("text/plain", wheel.read(name))
            elif (folder / parts[-1]).is_file():
                self._answer("application/octet-stream", (folder / parts[-1]).read_bytes())
            else:
                self.send_error(404)

        def _answer(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    index.url = f"http://127.0.0.1:{server.server_port}/simple"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
