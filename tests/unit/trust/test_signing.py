"""A signature counts for these bytes, this use and a key of the list, and tells of no one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bench.trust import keygen, signing
from bench.trust.signing import RUNS, NotSigned, check, sign
from tests.helpers import sent_runs

pytestmark = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="no ssh-keygen here")

WORDS = [b'{"kind":"run"}\n', b'{"kind":"end"}\n']


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("keys"), "own", "planted.name@planted-host.example")


def made(folder: Path, name: str, comment: str = "") -> Path:
    path = folder / name
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return path


def listed(path: Path, *keys: Path, options: str = "") -> Path:
    lines = [f"reader@words {options} {each.with_suffix('.pub').read_text()}" for each in keys]
    path.write_text("".join(lines))
    return path


def test_a_key_of_the_list_signs(key: Path, tmp_path: Path) -> None:
    found = check(sign(WORDS, key), WORDS, listed(tmp_path / "signers", key))
    assert found == signing.Signature(sent_runs.fingerprint(key), known=True)


def test_the_keys_of_a_list_are_known_by_name(key: Path, tmp_path: Path) -> None:
    signers = listed(tmp_path / "signers", key, made(tmp_path, "other"), options='namespaces="x"')
    signers.write_text(f"# words\nssh-rsa AAAA!\n{signers.read_text()}")
    found = signing.listed(signers)
    assert len(found) == 2 and signing.hexed(sent_runs.fingerprint(key)) in found
    assert signing.listed(None) == frozenset()


def test_of_several_the_one_that_the_list_knows_counts(key: Path, tmp_path: Path) -> None:
    other = sign(WORDS, made(tmp_path, "other"))
    signers = listed(tmp_path / "signers", key)
    found = signing.first([b"junk", other, sign(WORDS, key)], lambda: WORDS, signers)
    assert found == signing.Signature(sent_runs.fingerprint(key), known=True)
    unknown = signing.first([b"junk", other], lambda: WORDS, signers)
    assert unknown and unknown.key and not unknown.known
    assert signing.first([], lambda: WORDS, signers) is None


def test_other_bytes_are_not_signed(key: Path, tmp_path: Path) -> None:
    found = check(sign(WORDS, key), [b"{}\n"], listed(tmp_path / "signers", key))
    assert not found.key and "does not fit its bytes" in found.problem


def test_an_unknown_key_is_told_and_not_accepted(key: Path, tmp_path: Path) -> None:
    signers = listed(tmp_path / "signers", made(tmp_path, "other"))
    for reader in (signers, None):
        found = check(sign(WORDS, key), WORDS, reader)
        assert found.key.startswith("SHA256:") and not found.known and found.problem


def test_a_signature_for_another_use_does_not_count(key: Path, tmp_path: Path) -> None:
    signers = listed(tmp_path / "signers", key)
    assert not check(sign(WORDS, key, "file"), WORDS, signers).key
    only = listed(tmp_path / "only", key, options='namespaces="file"')
    assert not check(sign(WORDS, key), WORDS, only).known


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"nonsense",
        b"-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n",
        b"A" * 10**6,
    ],
)
def test_what_is_no_signature_shows_nothing(text: bytes) -> None:
    assert check(text, WORDS, None).problem == "what lies there as its signature is none"


def test_two_signatures_in_one_are_none(key: Path) -> None:
    assert not check(sign(WORDS, key) * 2, WORDS, None).key


def test_a_signature_does_not_hold_the_comment_of_its_key(key: Path) -> None:
    import base64

    text = sign(WORDS, key)
    inside = base64.b64decode(b"".join(text.splitlines()[1:-1]))
    assert b"planted" not in text + inside and RUNS.encode() in inside


def test_a_file_that_is_no_key_is_refused_with_words(tmp_path: Path) -> None:
    with pytest.raises(NotSigned, match="no such key"):
        sign(WORDS, tmp_path / "none")
    (tmp_path / "text").write_text("no key")
    with pytest.raises(NotSigned, match="signs nothing"):
        sign(WORDS, tmp_path / "text")


def test_without_ssh_keygen_it_says_what_is_needed(
    key: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(keygen.NoKeygen, match="openssh-client"):
        sign(WORDS, key)
