"""What ssh is asked: no word of a hosts file becomes an option or a command of a shell."""

import shutil
import subprocess

import pytest

from bench.fleet import ssh
from bench.fleet.hosts import Machine
from bench.fleet.ssh import Checkout, Unusable

HERE = Checkout("a" * 40, False, "0.1.0")


def machine(**fields):
    return Machine(name="one", **{"ssh": "host", "folder": "f", **fields})


def test_a_destination_stands_after_all_options():
    words = ssh.command(machine(port=22, config="c"), *ssh.tunnels(1, 2, 3))
    assert words[-3:] == ["--", "host", "sh -s"]
    assert words[words.index("-R") + 1] == "127.0.0.1:2:127.0.0.1:1"
    assert words[words.index("-L") + 1] == "127.0.0.1:3:127.0.0.1:3"
    for option in ("BatchMode=yes", "ExitOnForwardFailure=yes", "GatewayPorts=no"):
        assert option in words


@pytest.mark.parametrize(
    "folder", ["a b", "it's", "$(touch trap)", "`touch trap`", ";touch trap;", "-x", "a\\b", '"']
)
def test_a_folder_is_a_folder_for_every_sh(tmp_path, folder):
    place = tmp_path / folder
    (place / "bench" / "fleet").mkdir(parents=True)
    (place / "metalbench").write_text("#!/bin/sh\n", encoding="utf-8")
    (place / "metalbench").chmod(0o755)
    (place / "bench" / "fleet" / "worker.py").touch()
    (place / "pyproject.toml").write_text('version = "9.9"  # x\n', encoding="utf-8")
    for shell in filter(shutil.which, ("sh", "bash", "dash")):
        for named in (str(place), f"~/{folder}"):
            script = ssh._look_script(machine(folder=named), "token")
            ended = subprocess.run(
                [shell, "-s"],
                input=script,
                capture_output=True,
                text=True,
                check=True,
                cwd=tmp_path,
                env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
            )
            assert "token version 9.9" in ended.stdout.splitlines(), (shell, ended)
    assert not (tmp_path / "trap").exists()


def test_variables_arrive_as_they_were_written(tmp_path):
    value = "a'b $(touch trap) `x` \\ \""
    script = ssh.worker_script(machine(environment={"MINE": value}), "t")
    exported = script.partition("cd --")[0] + 'printf %s "$MINE"\n'
    ended = subprocess.run(
        ["sh", "-s"], input=exported, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert ended.stdout == value
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"commit": "b" * 40, "version": "0.1.0"}, "at commit bbbbbbbbbbbb. Expected commit aaaa"),
        ({"commit": "", "version": "0.1.0"}, "at no commit"),
        ({"commit": "a" * 40, "version": "0.2.0"}, "version is 0.2.0"),
    ],
)
def test_another_checkout_is_refused(said, why):
    with pytest.raises(Unusable) as error:
        ssh._compared(said, HERE)
    assert why in str(error.value)


def test_a_changed_checkout_is_said():
    said = {"commit": "a" * 40 + "+", "version": "0.1.0"}
    assert "there are not as in their commit" in ssh._compared(said, HERE)
    assert ssh._compared({**said, "commit": "a" * 40}, HERE) == ""


def test_why_ssh_ended_comes_with_what_helps():
    assert "ssh-add" in ssh.why("banner\nme@host: Permission denied (publickey).\n")
    assert ssh.why("") == "the connection ended without a word"
    assert ssh.is_taken("Error: remote port forwarding failed for listen port 22001")
