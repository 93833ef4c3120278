"""The commands that sign, ask, check and choose, as they are typed."""

from __future__ import annotations

import gzip
import hashlib
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench import version
from bench.__main__ import app
from bench.fleet import hosts, plan
from bench.trust import challenge, sidecars
from reports import context
from reports.chapters import trust
from reports.frame import read
from reports.trust import tiers
from reports.trust.tiers import Mark, Tier
from tests.helpers import builders, sent_runs

pytestmark = pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="no ssh-keygen here")


def typed(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return sent_runs.key(tmp_path, "own")


@pytest.fixture
def signers(tmp_path: Path, own: Path) -> Path:
    return sent_runs.listed(tmp_path / "signers", own)


def sent(folder: Path, **options: int) -> Path:
    lines = sent_runs.honest(folder / "cache", **options)  # type: ignore[arg-type]
    return builders.write(folder / "run" / "records.jsonl", lines)


def test_what_is_signed_is_shown_to_be(tmp_path: Path, own: Path, signers: Path) -> None:
    path = sent(tmp_path)
    assert typed("store", "sign", path.parent, "--key", own).exit_code == 0
    shown = typed("store", "trust", path, "--signers", signers)
    assert f"by {sent_runs.fingerprint(own)}" in shown.output
    assert "signed by an unknown key" in typed("store", "trust", path).output


def test_packed_records_have_the_same_signature(tmp_path: Path, own: Path, signers: Path) -> None:
    path = sent(tmp_path)
    typed("store", "sign", path, "--key", own)
    packed = path.with_name("records.jsonl.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    assert "signed     passed" in typed("store", "trust", packed, "--signers", signers).output


def test_what_is_no_run_is_not_signed(tmp_path: Path, own: Path) -> None:
    path = sent(tmp_path)
    path.write_text(path.read_text() + "{}\n")
    done = typed("store", "sign", path, "--key", own)
    assert done.exit_code == 2 and "is not signed" in done.output
    assert not sidecars.signature_of(path).exists()


def test_a_run_that_was_asked_for(
    tmp_path: Path, own: Path, signers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "commit", lambda: sent_runs.COMMIT)
    monkeypatch.setattr("bench.commands.store.check_work.CHECKOUT", tmp_path)
    question = tmp_path / "question.json"
    asked = typed("store", "ask", "--suite", "matmul", "--preset", "smoke", "--out", question)
    found = challenge.read(question)
    assert found.command in asked.output
    began = {"started_at": found.asked_at}
    lines = sent_runs.headed(sent_runs.honest(tmp_path / "cache", seed=found.seed), **began)
    path = builders.write(tmp_path / "run" / "records.jsonl", lines)
    done = typed("store", "check-work", question, path, "--key", own)
    assert done.exit_code == 0 and "worked: numpy/cpu/float32" in done.output
    assert "worked     passed" in typed("store", "trust", path, "--signers", signers).output
    wrong = typed("store", "check-work", question, sent(tmp_path / "other", seed=5))
    assert wrong.exit_code == 1 and "its seed is 5" in wrong.output


def test_a_checkout_with_changes_asks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "commit", lambda: f"{sent_runs.COMMIT}+")
    done = typed("store", "ask", "--suite", "mlp", "--out", tmp_path / "question.json")
    assert done.exit_code == 2 and "a checkout without changes" in done.output


def test_a_report_leaves_out_what_is_trusted_less(tmp_path: Path, own: Path, signers: Path) -> None:
    path = sent(tmp_path)
    other = builders.write(
        tmp_path / "other" / "records.jsonl",
        sent_runs.honest(tmp_path / "cache", name="run-x", luck=9, machine=sent_runs.OTHER),
    )
    options = ["--trust", "signed", "--signers", signers, "--out", tmp_path / "report"]
    done = typed("report", path, other, *options, "--no-published")
    assert done.exit_code == 2 and "none of 2 runs is shown to be signed" in done.output
    typed("store", "sign", path, "--key", own)
    done = typed("report", path, other, *options, "--no-published")
    assert done.exit_code == 0
    assert f"left out: {other}: not shown to be signed: it has no signature" in done.output
    text = (tmp_path / "report" / "report.md").read_text()
    assert sent_runs.OTHER.label not in text
    assert "Whose figures these are" in text and f"by {sent_runs.fingerprint(own)}" in text


def test_a_report_says_how_far_each_run_is_trusted(
    tmp_path: Path, own: Path, signers: Path
) -> None:
    path, out = sent(tmp_path), tmp_path / "report"
    options = ["--out", out, "--no-published"]
    assert typed("report", path, "--signers", signers, *options).exit_code == 0
    for page in ("report.html", "report.md"):
        assert "Whose figures these are" in (out / page).read_text(), page
    store = str(tmp_path / "store")
    assert typed("store", "push", store, path).exit_code == 0
    assert typed("store", "compact", store).exit_code == 0
    found = typed("report", "--store", store, *options)
    assert found.exit_code == 0, found.output
    assert (
        "too few results of others are here to compare it with" in (out / "report.md").read_text()
    )


def test_a_report_on_a_store_knows_which_of_two_came_first(tmp_path: Path) -> None:
    store, out = str(tmp_path / "store"), tmp_path / "report"
    lines = sent_runs.honest(tmp_path / "cache")
    copy = sent_runs.headed(lines, run="run-new", machine=sent_runs.OTHER)
    for name, each in {"own": lines, "copy": copy}.items():
        path = builders.write(tmp_path / f"{name}.jsonl", each)
        assert typed("store", "push", store, path).exit_code == 0
    typed("store", "compact", store)
    asked = ["report", "--store", store, "--no-published", "--out", out, "--trust"]
    done = typed(*asked, "plausible")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    assert done.exit_code == 0, done.output
    assert done.output.count("left out") == 1 and "one is a copy" in done.output
    assert f"left out: {sha256}: not shown to be plausible" in done.output
    done = typed(*asked, "signed")
    assert done.exit_code == 2 and f"`./metalbench store trust --store {store}`" in done.output


def test_a_report_of_what_is_trusted_names_what_a_fleet_lost(tmp_path: Path) -> None:
    begun = plan.begun(tmp_path, hosts.machines("local:2"), plan.Options(suite="matmul"))
    place = begun.place("slot-1", "matmul") / "records.jsonl"
    builders.write(place, sent_runs.honest(tmp_path / "cache"))
    (begun.folder / "slot-2" / "matmul").mkdir(parents=True)
    (begun.folder / "slot-2" / "matmul" / "records.jsonl.gz").write_bytes(b"no record")
    done = typed("report", begun.folder, "--trust", "valid", "--out", tmp_path / "report")
    text = (tmp_path / "report" / "report.md").read_text()
    assert done.exit_code == 1 and "slot-2 (matmul)" in text, done.output
    assert "records.jsonl.gz" in text  # and what could not be read


def test_results_that_stand_otherwise_than_their_run_are_told(tmp_path: Path) -> None:
    path = sent(tmp_path)
    marks = tuple(Mark(check, "passed", f"{check} it is") for check in tiers.CHECKS)
    mark = Mark("plausible", "against", "nothing is that fast")
    cells = {("torch", f"mlp/{number}"): (mark,) for number in range(5)}
    cells["jax", "mlp/1"] = (Mark("worked", "not shown", "of the cases looked at it is none"),)
    found = read([path])
    tier = Tier(marks, cells)
    known = context.of(found, tiers=dict.fromkeys(found.files.values(), tier))
    (part,) = trust.chapter(known).parts
    assert part.table and [row[1:] for row in part.table.rows] == [
        ("confirmed", "confirmed it is; signed signed it is"),
        ("worked", "not shown to be plausible: nothing is that fast"),
    ]
    assert part.table.rows[1][0].endswith("torch at mlp/2 and 2 more")


def test_where_no_run_can_be_read_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "fleets" / "one").mkdir(parents=True)
    (tmp_path / "fleets" / "one" / "fleet.json").write_text("{}")
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "a.jsonl").write_text("no record")
    options = ["--out", tmp_path / "report", "--no-published"]
    for words in (["store", "trust"], ["report", *options, "--trust", "valid"]):
        fleets = typed(*words, tmp_path / "fleets")
        assert fleets.exit_code == 2 and "fleets/one" in fleets.output
        rubbish = typed(*words, tmp_path / "some")
        assert rubbish.exit_code and "no run" in rubbish.output


def test_a_list_without_a_key_is_none(tmp_path: Path, own: Path, signers: Path) -> None:
    path, public = sent(tmp_path), own.with_suffix(".pub").read_text()
    wrong = tmp_path / "wrong"
    for text in ("", "hello\n", public, f"# {signers.read_text()}", "alice ssh-ed25519 key\n"):
        wrong.write_text(text)
        done = typed("store", "trust", path, "--signers", wrong)
        assert done.exit_code == 2 and "in which no line is one" in done.output, text
    wrong.write_text(f'# ours\n\n"a b" namespaces="metalbench" {public}')
    assert typed("store", "trust", path, "--signers", wrong).exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "--trust", "sined"), "Did you mean signed?"),
        (("store", "trust", ".", "--signers", "/nowhere"), "no list of keys"),
        (("store", "trust"), "Received: neither"),
        (("store", "check-work", "nofile", "."), "no such question. Expected the file that"),
    ],
)
def test_words_that_are_wrong(words: tuple[str, ...], said: str) -> None:
    done = typed(*words)
    assert done.exit_code == 2 and said in done.output
