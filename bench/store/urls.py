"""Addresses of stores, taken apart: a folder, or a scheme and what is behind it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.values import BadValue
from suites.errors import meant

SCHEMES = ("file", "s3", "memory")
"""What stands before `://`; a path without it is a folder."""

KEYS = (
    "S3 takes its keys from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or from "
    "~/.aws/credentials (a profile of it by AWS_PROFILE)"
)
"""Where S3 looks, in a sentence."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KEYS = re.compile("[@?#]")
"""What stands before or after keys in an address."""

_SLIP = re.compile(rf"({'|'.join(SCHEMES)}):|([A-Za-z][\w+.-]*):/")
"""How an address begins that lacks a slash, and is meant for no folder."""

_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()=+ /-]*")


def parts(url: str) -> tuple[str, str]:
    """The scheme, and what is behind it. Raises BadValue."""
    text = url.strip()
    if not text or not text.isprintable() or len(text) > 2000:
        raise _bad(url)
    scheme, sign, rest = text.partition("://")
    if "::" in text.partition("/")[0]:
        raise _bad(url)
    if not sign:
        if slip := _SLIP.match(text):
            raise _slipped(text, slip[1] or slip[2])
        return "file", text
    if scheme not in SCHEMES:
        raise _unknown(scheme, SCHEMES)
    if scheme == "file":
        if not rest.startswith("/"):
            raise _bad(url)
        return scheme, rest
    if _KEYS.search(rest):
        raise _keys_in(scheme)
    bucket, _, prefix = rest.strip("/").partition("/")
    known = _BUCKET.fullmatch(bucket) if scheme == "s3" else _NAME.fullmatch(bucket)
    if (
        not known
        or not _PREFIX.fullmatch(prefix)
        or {"", ".", ".."} & set(prefix.split("/") if prefix else ())
    ):
        raise _bad(url)
    return scheme, rest.strip("/")


def _bad(url: str) -> BadValue:
    shown = "an address with a password" if "@" in url else repr(url[:200])
    return BadValue(
        "no address of a store. Expected a folder, or, for example, file:///srv/runs, "
        f"s3://bucket/folder or memory://trial. Received: {shown}"
    )


def _slipped(text: str, scheme: str) -> BadValue:
    if scheme not in SCHEMES:
        return _unknown(scheme, SCHEMES)
    if _KEYS.search(text):
        return _keys_in(scheme)
    rest = text.partition(":")[2].lstrip("/")
    return BadValue(
        f"no address of a store, which has `://`. Expected {scheme}://{'/' * (scheme == 'file')}"
        f"{rest[:200]}, or ./{scheme}: and so on for a folder of that name. "
        f"Received: {text[:200]!r}"
    )


def _unknown(scheme: str, known: Sequence[str]) -> BadValue:
    listed = ", ".join(f"{each}://" for each in known)
    return BadValue(
        f"no store is known at {scheme[:40]!r} addresses. Expected a folder or one of {listed}."
        f"{meant(scheme, known)} Others that speak S3 are s3:// with AWS_ENDPOINT_URL."
    )


def _keys_in(scheme: str) -> BadValue:
    return BadValue(
        f"an address of a store holds no keys, and no `@`, `?` or `#`. Expected, for example, "
        f"{scheme}://bucket/folder. {KEYS}."
    )
