"""What can go wrong with a store, in words: which it is, why, and what to look at."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Protocol

from bench.store.urls import KEYS
from suites.errors import UserError
from suites.errors import told as words_of

_OWN_SERVER = "an S3 server of your own is named by AWS_ENDPOINT_URL"


class StoreFault(UserError):
    """The store cannot be used, or something in it; the message says which and why."""


class _Named(Protocol):
    @property
    def url(self) -> str: ...

    @property
    def scheme(self) -> str: ...


@contextlib.contextmanager
def told(place: _Named) -> Iterator[None]:
    """What fails within is a StoreFault; what is absent stays FileNotFoundError, unless it is the
    bucket."""
    try:
        yield
    except StoreFault:
        raise
    except Exception as error:
        if isinstance(error, FileNotFoundError | NotADirectoryError) and not no_bucket(error):
            raise
        raise explained(error, place) from None


def explained(error: BaseException, place: _Named) -> StoreFault:
    """The error as a sentence that names the store and the cure."""
    return StoreFault(f"the store {place.url} cannot be used: {_why(error, place.scheme)}")


def _why(error: BaseException, scheme: str) -> str:
    name, said = type(error).__name__, words_of(lambda: str(error), 300)
    if no_bucket(error):
        return f"there is no such bucket. Make it first; {_OWN_SERVER}."
    if name in ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound"):
        return f"no keys were found. {KEYS}."
    if isinstance(error, PermissionError):
        if scheme == "s3":
            return f"it refuses: {said}. {KEYS}; the keys need to list, read and write it."
        return f"permission is denied ({said})."
    if name in ("EndpointConnectionError", "ConnectTimeoutError", "InvalidEndpoint"):
        return f"no server answers: {said}. {_OWN_SERVER}."
    return f"{said or name}."


def no_bucket(error: BaseException) -> bool:
    """Whether it is the bucket that is absent, not an object in it."""
    response = getattr(error.__cause__ or error, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return code == "NoSuchBucket" or "bucket does not exist" in str(error)
