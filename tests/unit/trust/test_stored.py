"""In a store that takes runs from anybody, nobody takes from a run what its sender gave it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.commands.store import push
from bench.schema import Record
from bench.store import manifest, objects, places
from bench.trust import challenge, sidecars, signing, vouching
from reports.trust import stored
from reports.trust.tiers import Tier
from tests.helpers import builders, sent_runs

pytestmark = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="no ssh-keygen here")


def tiers_of(url: str, signers: Path | None = None) -> Mapping[str, Tier]:
    place = places.at(url)
    return stored.judged(place, manifest.read(place).entries, signers).tiers


def send(url: str, folder: Path, lines: list[Record], **beside: list[bytes]) -> str:
    """By the command that anybody types; the hash of what was sent."""
    path = builders.write(folder / "records.jsonl", lines)
    sidecars.put(path, {f".{suffix}": contents for suffix, contents in beside.items()})
    assert push.run(url, [path], unfinished=False) == 0
    return objects.push(places.at(url), path).entry.sha256


def test_nobody_takes_a_signature_or_a_word_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, signers = str(tmp_path / "store"), tmp_path / "signers"
    alice, bob, mallory = (sent_runs.key(tmp_path, name) for name in ("alice", "bob", "mallory"))
    sent_runs.listed(signers, alice, bob)
    lines = sent_runs.honest(tmp_path / "cache")
    content = builders.write(tmp_path / "plain.jsonl", lines).read_bytes()
    asked = challenge.made(sent_runs.COMMIT, ["matmul"], "smoke")
    sha256 = send(url, tmp_path / "first", lines, sig=[signing.sign([content], alice)])
    words = [vouching.vouch(sha256, asked, [("a", "b")], by) for by in (mallory, bob)]
    # Of two who are listed the first is the sender.
    signatures = [b"junk", *(signing.sign([content], by) for by in (mallory, bob))]
    send(url, tmp_path / "again", lines, **{"sig": signatures, "work.json": words})
    tier = tiers_of(url, signers)[sha256]
    assert tier.meets("signed")
    assert tier.marks[2].reason == f"by {sent_runs.fingerprint(alice)}"
    assert "about another seed" in tier.why_not("worked")  # bob's word, not mallory's
    assert "left out: a .sig beside" in capsys.readouterr().err
    assert len([*(tmp_path / "store").rglob("*.sig")]) == 3
    assert len([*(tmp_path / "store").rglob("*.work.json")]) == 2


def test_what_comes_later_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    url, lines = str(tmp_path / "store"), sent_runs.honest(tmp_path / "cache")
    path = builders.write(tmp_path / "records.jsonl", lines)
    assert push.run(url, [path], unfinished=False) == 0
    assert "1 of 1 run.\n" in capsys.readouterr().err
    signed = signing.sign([path.read_bytes()], sent_runs.key(tmp_path, "own"))
    sidecars.signature_of(path).write_bytes(signed)
    assert push.run(url, [path], unfinished=False) == 0
    said = capsys.readouterr().err
    assert "; new beside it: 1 signature\n" in said
    assert "0 of 1 run; beside them: 1 signature.\n" in said
    assert push.run(url, [path], unfinished=False) == 0
    assert "0 of 1 run.\n" in capsys.readouterr().err


def test_where_no_signature_can_be_looked_at_the_runs_go_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url, own, paths = str(tmp_path / "store"), sent_runs.key(tmp_path, "own"), []
    for name in ("one", "two"):
        lines = sent_runs.honest(tmp_path / "cache", name=name)
        paths.append(builders.write(tmp_path / name / "records.jsonl", lines))
        signed = signing.sign([paths[-1].read_bytes()], own)
        sidecars.signature_of(paths[-1]).write_bytes(signed)
    with monkeypatch.context() as without:
        without.setenv("PATH", str(tmp_path))
        assert push.run(url, paths, unfinished=False) == 1
    said = capsys.readouterr().err
    assert "2 of 2 runs.\n" in said
    assert f"beside 2 runs was not sent; the first is {paths[0]}: signatures need" in said
    assert push.run(url, paths, unfinished=False) == 0
    assert "0 of 2 runs; beside them: 2 signatures.\n" in capsys.readouterr().err


def test_a_copy_that_claims_an_earlier_date_is_the_copy_all_the_same(tmp_path: Path) -> None:
    url = str(tmp_path / "store")
    lines = sent_runs.honest(tmp_path / "cache")
    own = send(url, tmp_path / "own", lines)
    theirs = sent_runs.headed(lines, run="run-new", machine=sent_runs.OTHER)
    path = builders.write(tmp_path / "theirs.jsonl", theirs)
    dated = datetime(2024, 1, 1, tzinfo=UTC)
    stolen = objects.push(places.at(url), path, now=dated).entry.sha256
    found = tiers_of(url)
    assert found[own].meets("plausible")
    assert "one is a copy" in found[stolen].why_not("plausible")
