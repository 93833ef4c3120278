"""What may be written after FRAMEWORK=."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.contenders.spec import Contender, Unknown, parse
from bench.environments import requirements
from frameworks import FRAMEWORKS, NAMES
from frameworks.interface import Device


def only(text):
    (spec,) = parse([text])
    return spec


def test_every_framework_and_its_executions():
    for name in NAMES:
        spec = only(name)
        assert (spec.text, spec.module, str(spec.environment)) == (
            name,
            f"frameworks.{name}.adapter",
            name,
        )
        assert spec.execution == FRAMEWORKS[name].executions[0]
        for execution in FRAMEWORKS[name].executions:
            assert only(f"{name}@{execution}").execution == execution


def test_aliases_mean_the_one_word():
    assert only("pytorch").text == "torch"
    assert only("tensorflow==2.16.2").text == "tf==2.16.2"


def test_a_version_has_an_environment_of_its_own():
    assert [str(spec.environment) for spec in parse(["jax==0.4.38", "jax"])] == [
        "jax==0.4.38",
        "jax",
    ]


def test_a_variant_has_packages_and_variables_of_its_own():
    plain, variant = parse(["jax", "jax:metal"])
    assert (variant.framework, variant.module) == (plain.framework, plain.module)
    assert (variant.text, str(variant.environment)) == ("jax:metal", "jax-metal")
    assert str(variant.environment) in requirements.SPARE
    assert variant.variables["ENABLE_PJRT_COMPATIBILITY"] == "1"
    assert set(plain.variables) < set(variant.variables)
    assert only("jax:metal@jit").text == "jax:metal@jit"


def test_repetitions_are_one_contender():
    assert len(parse(["torch", "pytorch", " torch "])) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nonesuch", "Expected one of numpy, torch, tf, jax, mlx"),
        ("torch@fast", "Expected one of eager, compile"),
        ("jax==", "Expected a version"),
        ("jax==../../etc", "Expected a version"),
        ("jax==1; rm -rf x", "Expected a version"),
        ("null==1", "null has no versions"),
        ("jax:cuda", "Expected jax:metal, without a version. Received: 'jax:cuda'"),
        ("torch:metal", "Expected jax:metal"),
        ("jax:metal==0.4.38", "without a version"),
        ("jax:metal@fast", "no execution 'fast'"),
        ("./absent.py", "cannot read adapter"),
        ("", None),
    ],
)
def test_what_is_refused(text, message):
    if message is None:
        assert parse([text]) == []
        return
    with pytest.raises(Unknown, match=message):
        parse([text])


def adapter(tmp_path, text):
    path = tmp_path / "mine.py"
    path.write_text(text)
    return str(path)


def test_an_outside_adapter_is_read_and_not_run(tmp_path):
    path = adapter(tmp_path, 'NAME = "mine"\nENVIRONMENT = "torch"\nraise SystemExit("ran")\n')
    spec = only(path)
    assert (spec.framework, str(spec.environment), spec.outside) == ("mine", "torch", True)
    assert spec.module == path


def test_a_tilde_in_quotes_is_the_home_folder(tmp_path, monkeypatch):
    """Records write it so, and a report's command must work."""
    monkeypatch.setenv("HOME", str(tmp_path))
    path = adapter(tmp_path, 'NAME = "mine"\n')
    assert only("~/mine.py").module == path


def test_an_outside_adapter_runs_with_numpy_unless_it_says_otherwise(tmp_path):
    assert str(only(adapter(tmp_path, 'NAME = "mine"')).environment) == "numpy"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "names no framework"),
        ('NAME = "a b"', "names no framework"),
        ('NAME = "<script>"', "names no framework"),
        ("NAME = (", "not valid Python"),
        ('NAME = "m"\nENVIRONMENT = "nonesuch"', "asks for ENVIRONMENT"),
        ("\0", "not valid Python"),
    ],
)
def test_a_file_that_is_no_adapter_is_refused(tmp_path, text, message):
    with pytest.raises(Unknown, match=message):
        parse([adapter(tmp_path, text)])


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(text):
    try:
        specs = parse(text.split(","))
    except Unknown:
        return
    for spec in specs:
        assert "/" not in str(spec.environment)
        assert spec.framework in (*NAMES, "null")


def test_contender_ids_are_unique_across_devices_and_precisions():
    devices = [Device("cpu", "cpu", "cpu"), Device("mps", "gpu", "Apple M2")]
    ids = {
        Contender(spec, device, precision, None).id
        for spec in parse(["torch", "torch@compile", "torch==2.2.2"])
        for device in devices
        for precision in ("float32", "bfloat16")
    }
    assert len(ids) == 12
