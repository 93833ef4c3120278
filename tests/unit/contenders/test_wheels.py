"""Wheels on this disk as contenders: named by version and content, refused where they cannot be."""

import os
import shutil
from pathlib import Path

import pytest

from bench.contenders.spec import parse
from suites.errors import UserError
from tests.helpers.package_index import write_wheel


def _wheel(folder, tag, name="torch", version="2.16.0a0+gitabc"):
    return str(write_wheel(folder, name, version, tag=tag))


def test_a_wheel_is_a_contender_of_its_version_and_its_content(tmp_path):
    first, same = _wheel(tmp_path / "a b", "py3-none-any"), _wheel(tmp_path / "c", "py3-none-any")
    shutil.copy(first, same)
    other = _wheel(tmp_path / "d", "py3-none-any", version="2.16.0a1")
    specs = parse([f"torch:{first}", f"torch:{same}@compile", f"torch:{other}"])
    assert [one.execution for one in specs] == ["eager", "compile", "eager"]
    assert specs[0].text == f"torch:{first}"
    names = [str(one.environment) for one in specs]
    assert names[0] == names[1] != names[2]
    assert names[0].startswith("torch==2.16.0a0+gitabc-")
    assert specs[0].environment.wheel == Path(first)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("cp311-cp311-win_amd64", r"another system. Expected one for .* Received: win_amd64\."),
        ("cp27-none-any", r"another Python. Expected one of cp310, .* Received: cp27-none\."),
    ],
)
def test_a_wheel_for_elsewhere_is_refused_before_anything_is_built(tmp_path, tag, expected):
    with pytest.raises(UserError, match=expected):
        parse([f"torch:{_wheel(tmp_path, tag)}"])


def test_what_is_no_wheel_of_the_framework_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"a wheel of jax\. Expected one of torch"):
        parse([f"torch:{_wheel(tmp_path, 'py3-none-any', 'jax')}"])
    (tmp_path / "torch.whl").touch()
    with pytest.raises(UserError, match="no wheel's name"):
        parse([f"torch:{tmp_path}/torch.whl"])
    os.mkfifo(tmp_path / "torch-9-py3-none-any.whl")
    for absent in ("torch-9-py3-none-any.whl", "absent.whl", "torch-7-py3-none-any.whl"):
        with pytest.raises(UserError, match="there is no wheel at"):
            parse([f"torch:{tmp_path}/{absent}"])
    (tmp_path / "torch-8-py3-none-any.whl").write_text("half a download", encoding="utf-8")
    with pytest.raises(UserError, match="not a zip archive"):
        parse([f"torch:{tmp_path}/torch-8-py3-none-any.whl"])
    with pytest.raises(UserError, match="null measures the harness alone"):
        parse([f"null:{tmp_path}/torch-8-py3-none-any.whl"])


def test_the_name_of_a_wheel_s_environment_is_no_version(tmp_path):
    with pytest.raises(UserError, match="bad version for torch"):
        parse(["torch==2.16.0-0123456789ab"])
    assert str(parse(["jax==nightly"])[0].environment) == "jax==nightly"
    with pytest.raises(UserError, match="no nightly of mlx"):
        parse(["mlx==nightly"])
