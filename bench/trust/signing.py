"""Signatures of OpenSSH over a run's records: made with one's own key, held against a list of keys.

No server takes part. A signature says which key signed these bytes; whose key that is, the reader's
own list says (`allowed signers`, man ssh-keygen).
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bench.trust import keygen
from bench.trust.keygen import Refused
from bench.trust.sidecars import MOST_BYTES
from suites.data import outside_file
from suites.errors import UserError

RUNS = "metalbench"
"""What a signature of records is for; one that was made for anything else does not count."""

_ARMOUR = re.compile(
    rb"-----BEGIN SSH SIGNATURE-----\n[A-Za-z0-9+/=\n]{1,16000}-----END SSH SIGNATURE-----\n?"
)
_KEY = re.compile(r"key (SHA256:[A-Za-z0-9+/]{43})")
_LISTED = re.compile(
    rb"(?m)^[ \t]*[^#\s].*?[ \t](?:ssh|ecdsa|sk)-[\w@.-]+[ \t]+(AAAA[A-Za-z0-9+/]+={0,2})"
)
"""A line of a list: whose it is, perhaps what for, and the key. A public key by itself is none."""
_MOST_LIST_BYTES = 2**22


class NotSigned(UserError):
    """Nothing could be signed with this key; the message says why."""


@dataclass(frozen=True)
class Signature:
    """What a signature shows of the bytes it lies beside."""

    key: str = ""
    """Fingerprint of the key that made it, `SHA256:...`; empty where it does not fit the bytes."""
    known: bool = False
    """Whether the reader's list has that key."""
    problem: str = ""
    """Why it shows nothing, or why the list did not accept it."""


def sign(pieces: Iterable[bytes], key: Path, namespace: str = RUNS) -> bytes:
    """The signature of these bytes. `key` is the file of a private key, or of a public one that an
    agent holds. It tells nothing of the key but its public half. Raises NotSigned, NoKeygen."""
    if not key.is_file():
        raise NotSigned(
            f"no such key. Expected the file of a private SSH key. Received: {key}. "
            "One is made by: ssh-keygen -t ed25519"
        )
    arguments = ["-Y", "sign", "-q", "-f", str(key.absolute()), "-n", namespace]
    try:
        with _file(pieces) as data:
            made = keygen.ask(arguments, data, keygen.SIGN_S).encode("ascii", "replace")
    except Refused as why:
        raise NotSigned(f"{key} signs nothing: {why}. Expected an SSH key of yours.") from None
    if not _ARMOUR.fullmatch(made):
        raise NotSigned(f"{key} signs nothing: ssh-keygen gave no signature")
    return made


def check(
    signature: bytes, pieces: Iterable[bytes], signers: Path | None, namespace: str = RUNS
) -> Signature:
    """What the signature shows of the bytes, to a reader with this list. Raises NoKeygen."""
    if len(signature) > MOST_BYTES[".sig"] or not _ARMOUR.fullmatch(signature):
        return Signature(problem="what lies there as its signature is none")
    with tempfile.TemporaryDirectory(prefix="metalbench-") as folder, _file(pieces) as data:
        place = Path(folder, "signature")
        place.write_bytes(signature)
        about = ["-n", namespace, "-s", str(place)]
        try:
            said = keygen.ask(["-Y", "check-novalidate", *about], data)
        except Refused as why:
            return Signature(problem=f"its signature does not fit its bytes ({why})")
        key = found[1] if (found := _KEY.search(said)) else ""
        if signers is None:
            return Signature(key, problem="no list of keys was given to look for its key in")
        return _listed(key, place, data, signers, namespace)


def hexed(key: str) -> str:
    """A fingerprint as a file's name can hold it."""
    return base64.b64decode(key.removeprefix("SHA256:") + "=").hex()


def listed(signers: Path | None) -> frozenset[str]:
    """The keys that stand in a reader's list, `hexed`: where to look first, not whom to believe.
    Raises OSError."""
    text = b"" if signers is None else outside_file.beginning(signers, _MOST_LIST_BYTES)
    found = set()
    for key in _LISTED.findall(text):
        with contextlib.suppress(ValueError):
            found.add(hashlib.sha256(base64.b64decode(key)).hexdigest())
    return frozenset(found)


def first(
    signatures: Sequence[bytes], pieces: Callable[[], Iterable[bytes]], signers: Path | None
) -> Signature | None:
    """Of several of the same bytes the first that the list knows, else the first that fits; None
    where there is none. Raises NoKeygen."""
    found: Signature | None = None
    for signature in signatures:
        one = check(signature, pieces(), signers)
        if one.known:
            return one
        if found is None or (one.key and not found.key):
            found = one
    return found


def _listed(key: str, place: Path, data: IO[bytes], signers: Path, namespace: str) -> Signature:
    """Held against the list. Its principals are the reader's own words, and are told nobody."""
    listed = ["-f", str(signers.absolute()), "-s", str(place)]
    try:
        names = keygen.ask(["-Y", "find-principals", *listed]).splitlines()
        verify = ["-Y", "verify", *listed, "-n", namespace, "-I", names[0]]
        if names and _KEY.search(keygen.ask(verify, data)):
            return Signature(key, known=True)
    except (Refused, IndexError):
        pass
    return Signature(key, problem="the list of keys does not have its key, or not for this use")


@contextlib.contextmanager
def _file(pieces: Iterable[bytes]) -> Iterator[IO[bytes]]:
    """The bytes as a file that another program can read from its beginning."""
    with tempfile.TemporaryFile(prefix="metalbench-") as file:
        file.writelines(pieces)
        file.seek(0)
        yield file
