"""A server of S3 in this process, and stores on each kind of place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer

from bench.store import places
from bench.store.places import Place
from tests.helpers import builders


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_url(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A bucket of its own, with keys in the environment."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "trial",
        "AWS_SECRET_ACCESS_KEY": "not a secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    bucket = f"trial-{uuid4().hex[:12]}"
    boto3.client("s3").create_bucket(Bucket=bucket)
    return f"s3://{bucket}/runs of all"


@pytest.fixture(params=["folder", "s3", "memory"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place where there is no store yet."""
    if request.param == "s3":
        return places.at(request.getfixturevalue("s3_url"))
    return places.at(
        str(tmp_path / "store") if request.param == "folder" else f"memory://{uuid4().hex}"
    )


@pytest.fixture
def run_file(tmp_path: Path) -> Path:
    """Records of a run that has ended."""
    return builders.write(
        tmp_path / "run" / "records.jsonl", builders.ended(builders.run(rounds=3))
    )
