"""The hosts file: what names a machine is taken, anything else is refused with what would be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.fleet import hosts, note
from bench.fleet.hosts import BadHosts
from reports import isolation
from reports.render import markdown
from reports.share import files

GOOD = """
[studio]
ssh = "bench@studio.local"
folder = "~/metalbench"

[mini]
ssh = "mini"
port = 2222
folder = "/Users/bench/metalbench"
framework = "torch,mlx"
label = "mini-3"
environment = { PATH = "/opt/homebrew/bin:/usr/bin" }
"""


def written(tmp_path, text):
    path = tmp_path / "fleet.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_machine_is_read_with_what_is_its_own(tmp_path):
    studio, mini = hosts.machines(str(written(tmp_path, GOOD)))
    assert (studio.name, studio.ssh, studio.port) == ("studio", "bench@studio.local", None)
    assert (mini.port, mini.own) == (2222, {"framework": "torch,mlx", "label": "mini-3"})
    assert mini.environment == {"PATH": "/opt/homebrew/bin:/usr/bin"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('shh = "x"', "unknown key 'shh'. Expected one of ssh, port"),
        ('shh = "x"', "Did you mean ssh?"),
        ('ssh = "-oProxyCommand=touch /tmp/x"', "a destination as `ssh` takes it"),
        ('ssh = "a b"', "a destination as `ssh` takes it"),
        ('ssh = "a;b"', "a destination as `ssh` takes it"),
        ("port = 0", "a port, 1 to 65535"),
        ("port = true", "a port, 1 to 65535"),
        ('port = "22"', "a port, 1 to 65535"),
        ('folder = "a\\u0000b"', "the path of the checkout there"),
        ('folder = ""', "the path of the checkout there"),
        ('label = "Anna\'s Mac"', "a label: 31 letters"),
        ('label = ""', "a label: 31 letters"),
        ("label = 3", "a label: 31 letters"),
        ('suite = "--out=/"', "text, as the command line takes it"),
        ('environment = { "A B" = "x" }', "a table of at most 16 variables"),
        ("environment = { A = 1 }", "a table of at most 16 variables"),
    ],
)
def test_what_is_not_allowed_is_refused(tmp_path, line, says):
    key = line.partition(" ")[0]
    rest = {"ssh": 'ssh = "host"', "folder": 'folder = "f"'}
    text = "\n".join(["[one]", line, *(value for name, value in rest.items() if name != key)])
    with pytest.raises(BadHosts) as error:
        hosts.read(written(tmp_path, text))
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names 0 machines"),
        ("x = ", "is no TOML"),
        ("[a]\nssh = 'h'\nfolder = 'f'\n[b]\nssh = 'h'\nfolder = 'g'", "a and b are one machine"),
        ("[a]\nssh = 'h'\nfolder = 'f'\n[A]\nssh = 'i'\nfolder = 'g'", "differ only in their case"),
        ("[a]\nssh = 'h'", "folder is missing"),
        ("a = 1", "expected a table, [a]"),
        ("['../a']\nssh = 'h'\nfolder = 'f'", "not a name"),
        ("['fleet.json']\nssh = 'h'\nfolder = 'f'", "a name that none of them could have"),
        ("['Figures']\nssh = 'h'\nfolder = 'f'", "a name that none of them could have"),
        ("#" * (hosts._MOST_BYTES + 1), "is longer than"),
    ],
)
def test_a_file_that_is_no_hosts_file_says_so(tmp_path, text, says):
    with pytest.raises(BadHosts) as error:
        hosts.read(written(tmp_path, text))
    assert says in str(error.value)


def test_no_machine_has_the_name_of_what_lies_beside_its_folder():
    beside = {*files.FILES, isolation.FILE, note.FILE, markdown.TABLES, markdown.FIGURES}
    for name in {*beside, "report.html", "report.md"}:
        assert hosts._OF_REPORT.fullmatch(name), name
    assert not hosts._OF_REPORT.fullmatch("studio.local")


@given(st.binary(max_size=300))
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("hosts") / "fleet.toml"
    path.write_bytes(content)
    try:
        assert hosts.read(path)
    except BadHosts as error:
        assert str(path) in str(error)


def test_settings_of_ssh_lie_beside_the_hosts_file(tmp_path):
    text = (
        '[a]\nssh = "h"\nfolder = "f"\nconfig = "lab"\n[b]\nssh = "i"\nfolder = "f"\nconfig = "/x"'
    )
    first, second = hosts.read(written(tmp_path, text))
    assert (first.config, second.config) == (str(tmp_path / "lab"), "/x")


def test_slots_are_counted(tmp_path):
    assert [machine.name for machine in hosts.machines("local:3")] == ["slot-1", "slot-2", "slot-3"]
    for bad in ("local:0", "local:17", "local", "", "local:x", str(tmp_path / "none.toml")):
        with pytest.raises(BadHosts, match="Received"):
            hosts.machines(bad)
