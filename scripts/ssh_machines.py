"""Machines that `ssh` reaches on this one: Debian's sshd, in a network namespace for each.

For tests and development, as root on Linux. Keys and settings are made anew in a folder; no daemon
is started and no port is opened: ssh itself starts sshd for each connection, in the namespace.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

SSHD = "/usr/sbin/sshd"

_SSHD_CONFIG = """
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PidFile none
LogLevel ERROR
"""

_HOST = """
Host {name}
  User {user}
  IdentityFile {folder}/user
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  ProxyCommand ip netns exec {namespace} {sshd} -i -f {folder}/sshd_config
"""


def lacking() -> str:
    """Why there can be none here; empty where there can."""
    if not Path(SSHD).exists():
        return f"there is no {SSHD} (Debian: openssh-server)"
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return "network namespaces need root and iproute2"
    name = f"mb-{secrets.token_hex(4)}"
    if _ip("netns", "add", name).returncode:
        return "this system gives no network namespaces"
    _ip("netns", "del", name)
    return ""


@contextlib.contextmanager
def machines(folder: Path, *names: str) -> Iterator[Path]:
    """A file for `ssh -F` by which each of the names is a machine."""
    folder = folder.resolve()
    for key in ("host", "user"):
        generate = [
            "ssh-keygen",
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            "",
            "-f",
            str(folder / key),
        ]
        subprocess.run(generate, check=True)
    (folder / "sshd_config").write_text(_SSHD_CONFIG.format(folder=folder), encoding="utf-8")
    public = (folder / "host.pub").read_text(encoding="utf-8")
    (folder / "known").write_text("".join(f"{name} {public}" for name in names), encoding="utf-8")
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd drops its rights
    namespaces = {name: f"mb-{secrets.token_hex(4)}" for name in names}
    settings = folder / "ssh_config"
    settings.write_text(
        "".join(
            _HOST.format(
                name=name,
                user=getpass.getuser(),
                folder=folder,
                namespace=namespaces[name],
                sshd=SSHD,
            )
            for name in names
        ),
        encoding="utf-8",
    )
    try:
        for namespace in namespaces.values():
            _ip("netns", "add", namespace).check_returncode()
            _ip("-n", namespace, "link", "set", "lo", "up").check_returncode()
        yield settings
    finally:
        for namespace in namespaces.values():
            _ip("netns", "del", namespace)


def hosts_file(path: Path, settings: Path, locks: Path, checkout: Path) -> Path:
    """A hosts file of these machines, each with a lock of its own."""
    lines = []
    for name in _names(settings):
        (locks / name).mkdir(parents=True, exist_ok=True)
        lines.append(
            f"[{name}]\nssh = '{name}'\nconfig = '{settings}'\nfolder = '{checkout}'\n"
            f"environment = {{ METALBENCH_LOCK = '{locks / name}' }}\n"
        )
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _names(settings: Path) -> list[str]:
    lines = settings.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("Host ") for line in lines if line.startswith("Host ")]


def _ip(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["ip", *words], capture_output=True, check=False)
