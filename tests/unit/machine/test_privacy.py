"""Records name no person, no computer and no single device, and their texts stay readable."""

from __future__ import annotations

import getpass
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from bench.contenders import worker_environment
from bench.machine import privacy

ROOT = Path(__file__).resolve().parents[3]
UUID = "8932f937-d72c-4106-c12f-20bd9faed9f6"
TEXT = (
    "a test of root: float32 will spill, 10 GPUs-per-host, GPU-accelerated; Mary Lamarr's a/test/a"
)


@pytest.fixture
def mary(monkeypatch: pytest.MonkeyPatch) -> None:
    here(monkeypatch, "mary", "marys-macbook-pro.example.org")


def here(monkeypatch: pytest.MonkeyPatch, user: str, host: str) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: user)
    monkeypatch.setattr(platform, "node", lambda: host)
    monkeypatch.setattr(Path, "home", lambda: Path("/home") / user)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"CUDA error on GPU-{UUID}.", "CUDA error on GPU-…."),
        (f"[MIG-{UUID}, MIG-GPU-{UUID}/7/0]", "[MIG-…, MIG-GPU-…/7/0]"),
        (f"disk {UUID.upper()}, GPU-8932f937", "disk …, GPU-…"),
        ("/home/mary/x.py, /scratch/mary/cache", "~/x.py, /scratch/<user>/cache"),
        ("mary@marys-macbook-pro.local:22", "<user>@<host>:22"),
        ("connect to marys-macbook-pro.example.org", "connect to <host>"),
        ("marys-macbook-pro, summary, rosemary, mary_ann", "<host>, summary, rosemary, mary_ann"),
        (TEXT, TEXT),
        ("write to jane.doe+x@mail.example.org, jax@0.4.38", "write to <address>, jax@0.4.38"),
        (
            "torch@compile, ./a@b.py, a@b.py, k@v, a@b.c.",
            "torch@compile, ./a@b.py, a@b.py, k@v, a@b.c.",
        ),
        ("en0 a4:83:e7:12:34:56 and A4-83-E7-12-34-56", "en0 <address> and <address>"),
        ("at 12:34:56, 0xa483e7123456, sha 00:11:22", "at 12:34:56, 0xa483e7123456, sha 00:11:22"),
        ("Serial Number: C02ZK0ABLVDQ, serial=D5XQV1FMFJ", "Serial Number: …, serial=…"),
        (
            "serial no. FVFX1ABJKLMN; serialized 3 serial kernels",
            "serial no. …; serialized 3 serial kernels",
        ),
    ],
)
@pytest.mark.usefixtures("mary")
def test_names_and_uuids_leave_a_text(text: str, kept: str) -> None:
    assert privacy.scrub(text) == kept


@pytest.mark.parametrize("name", ["a", "root", "test", "float", "will", "10", "", "per", "host"])
def test_a_common_name_shreds_no_text(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here(monkeypatch, name, name)
    assert privacy.scrub(TEXT) == TEXT


def test_a_user_without_a_name_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("uid not found: 1000")

    monkeypatch.setattr(getpass, "getuser", unknown)
    assert privacy.scrub("text") == "text"


VARIABLES = {
    "CUDA_VISIBLE_DEVICES": (f"GPU-{UUID},GPU-8932f938", "GPU-…,GPU-…"),
    "HIP_VISIBLE_DEVICES": ("0,1", "0,1"),
    "HSA_OVERRIDE_GFX_VERSION": ("10.3.0", "10.3.0"),
    "NVIDIA_VISIBLE_DEVICES": (f"MIG-{UUID}", "MIG-…"),
    "TF_CONFIG": ('{"cluster": {"worker": ["node17.lab:2222"]}}', "set"),
    "JAX_COMPILATION_CACHE_DIR": ("/scratch/mary", "set"),
    "JAX_COORDINATOR_ADDRESS": ("10.1.2.3:1234", "set"),
    "TF_OWNER": ("somebody", "set"),
    "XLA_FLAGS": ("--xla_dump_to=/scratch/mary", "set"),
    "TF_XLA_FLAGS": ("--tf_xla_auto_jit=2 --tf_xla_cpu_global_jit", None),
    "OMP_NUM_THREADS": ("4", None),
    "OMP_PLACES": ("{0:4}", None),
    "KMP_AFFINITY": ("granularity=fine,compact,1,0", None),
    "XLA_PYTHON_CLIENT_MEM_FRACTION": (".75", None),
    "XLA_PYTHON_CLIENT_PREALLOCATE": ("false", None),
    "PYTORCH_CUDA_ALLOC_CONF": ("expandable_segments:True,max_split_size_mb:512", None),
    "JAX_PLATFORMS": ("cuda,cpu", None),
    "MLX_ENABLE_TF32": ("0", None),
}


GIVEN = {name: value for name, (value, _) in VARIABLES.items()}


@pytest.mark.usefixtures("mary")
def test_a_record_holds_settings_and_no_names() -> None:
    kept = worker_environment.recorded(GIVEN | {"HOME": "/home/mary"})
    assert kept == {name: kept or value for name, (value, kept) in VARIABLES.items()}


ADAPTER = """
from frameworks.null.adapter import devices, start, wait, to_numpy, memory
NAME = "mine"
ENVIRONMENT = "host"
def build(workload, arrays):
    print("hello from mary and GPU-UUID", flush=True)
    raise OSError("/scratch/mary/GPU-UUID is full")
"""


def test_a_whole_record_names_nobody(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(ADAPTER.replace("UUID", UUID))
    chosen = ["--framework", f"{tmp_path}/mine.py", "--suite", "matmul", "--preset", "smoke"]
    command = [sys.executable, "-m", "bench", "run", *chosen, "--budget", "0.1"]
    given = {**os.environ, **GIVEN, "LOGNAME": "mary", "TMPDIR": str(tmp_path)}
    subprocess.run([*command, "--out", str(tmp_path / "out")], cwd=ROOT, env=given, check=False)
    (records,) = tmp_path.glob("out/*/records.jsonl")
    text = records.read_text(encoding="utf-8")
    assert "JAX_COMPILATION_CACHE_DIR" in text
    assert "<user>" in text
    for secret in (UUID[:8], "mary", "node17", "10.1.2.3", "somebody"):
        assert secret not in text.lower()


def test_a_password_in_an_address_is_no_part_of_a_record() -> None:
    text = "--index=https://somebody:secret@index.example/simple and file:///folder a@b.example"
    kept = "--index=https://index.example/simple and file:///folder <address>"
    assert privacy.scrub(text) == kept


def test_records_do_not_say_where_the_store_is_nor_where_the_results_are() -> None:
    typed = [
        "run",
        "--store",
        "s3://lab/x",
        "--suite",
        "mlp",
        "--store=/home/me",
        "--out",
        "/srv/acme",
    ]
    assert privacy.arguments(typed) == ("run", "--suite", "mlp", "--out=<folder>")
    for elsewhere in ("/srv/acme", "../acme", "~/acme", "~anna/acme"):
        assert privacy.arguments(["run", f"--out={elsewhere}", "--resume"]) == (
            "run",
            "--out=<folder>",
            "--resume",
        )
    assert privacy.arguments(["run", "--out", "mine/here"]) == ("run", "--out=mine/here")
    assert privacy.arguments(["run", "--out"]) == ("run", "--out=")
