"""What may be written after FRAMEWORK=."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.contenders.spec import Contender, Unknown, parse
from bench.environments import interpreters, requirements
from bench.environments.interpreters import Interpreter
from frameworks import FRAMEWORKS, NAMES
from frameworks.interface import Device
from suites.errors import UserError


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


@pytest.fixture
def pythons(tmp_path, monkeypatch):
    """Folders that hold a Python, each of which has all that is asked for."""

    def find(word, facts, environment):
        program = interpreters.locate(word)
        return Interpreter(program.parent.parent, program, program.parent.parent, "3.12.1")

    monkeypatch.setattr(interpreters, "find", find)

    def made(*names):
        for name in names:
            program = tmp_path / name / "bin" / "python"
            program.parent.mkdir(parents=True)
            program.touch(mode=0o755)
        return [str(tmp_path / name) for name in names]

    return made


def test_a_python_of_ones_own_is_named_by_its_folder(pythons):
    (home,) = pythons("miniforge3/envs/dev")
    spec = only(f"torch:{home}")
    assert (spec.text, spec.framework, spec.execution) == ("torch:dev", "torch", "eager")
    assert (str(spec.own.python), spec.typed) == (f"{home}/bin/python", f"torch:{home}")
    assert not spec.outside


@pytest.mark.parametrize("text", ["torch@compile:{}", "torch:{}@compile", "pytorch:{}/@compile"])
def test_the_execution_stands_before_the_colon_or_after_the_path(pythons, text):
    (home,) = pythons("dev")
    spec = only(text.format(home))
    assert (spec.text, spec.execution) == ("torch:dev@compile", "compile")
    assert spec.typed == f"torch:{home}@compile"
    assert only(spec.typed) == spec


def test_an_at_sign_of_a_path_is_its_own(pythons):
    """As Homebrew's python@3.12 has one."""
    brewed, odd = pythons("opt/python@3.12", "opt/dev@compile")
    assert only(f"torch:{brewed}").text == "torch:python-3.12"
    assert only(f"torch:{odd}").execution == "eager"
    assert only(f"torch:{odd}@compile").execution == "compile"
    with pytest.raises(Unknown, match="no execution 'fast'"):
        parse([f"torch:{brewed}@fast"])


def test_two_executions_are_refused(pythons):
    (home,) = pythons("dev")
    with pytest.raises(Unknown, match="two executions"):
        parse([f"torch@eager:{home}@compile"])


def test_folders_of_one_name_are_told_apart(pythons):
    homes = pythons("a/dev", "b/dev", "c/.venv", "metal")
    texts = [spec.text for spec in parse([f"torch:{home}" for home in homes])]
    assert texts[:3] == ["torch:a/dev", "torch:b/dev", "torch:c/.venv"]
    assert texts[3].endswith("/metal")  # which is a variant's word


def test_names_hold_nothing_that_a_spec_or_a_shell_takes_for_its_own(pythons):
    spaced, dashed, odd = pythons("my env", "my-env", "$(rm);'<b>")
    first, second, third = parse([f"numpy:{home}" for home in (spaced, dashed, odd)])
    assert len({first.text, second.text}) == 2
    assert not set(" $;'<>()@") & set(first.text + second.text + third.text)
    assert first.typed == f"numpy:{spaced}"


def test_one_place_named_twice_is_one_contender(pythons):
    (home,) = pythons("dev")
    assert len(parse([f"torch:{home}", f"torch:{home}/", f"torch:{home}/bin/python"])) == 1


def test_an_adapter_may_run_in_a_python_of_ones_own(pythons, tmp_path):
    (home,) = pythons("dev")
    spec = only(adapter(tmp_path, f'NAME = "mine"\nENVIRONMENT = "torch:{home}"\n'))
    assert (str(spec.own.python), spec.outside) == (f"{home}/bin/python", True)
    assert spec.text == spec.typed == str(tmp_path / "mine.py")


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
        ("null:/usr", "null measures the harness alone"),
        ("jax:cuda", "Expected jax:metal, without a version, or the path .* Received: 'jax:cuda'"),
        ("torch:metal", "Expected jax:metal"),
        ("jax:metal==0.4.38", "without a version"),
        ("jax:metal@fast", "no execution 'fast'"),
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


def test_an_outside_adapter_has_versions_of_its_package(tmp_path):
    path = adapter(tmp_path, 'NAME = "mine"\nPACKAGE = "My_Engine"\nENVIRONMENT = "host"\n')
    first, second, plain = parse([f"{path}==1.3", f"{path}==1.4@fast", path])
    assert (first.text, str(first.environment)) == (f"{path}==1.3", "numpy+my-engine==1.3")
    assert (second.text, second.execution) == (f"{path}==1.4@fast", "fast")
    assert (first.framework, first.module, first.variables) == ("mine", path, {})
    assert str(plain.environment) == "host"


def test_without_a_package_a_version_is_that_of_its_environment(tmp_path):
    spec = only(adapter(tmp_path, 'NAME = "mine"\nENVIRONMENT = "torch"\n') + "==2.9.0")
    assert (str(spec.environment), spec.outside) == ("torch==2.9.0", True)


@pytest.mark.parametrize(
    ("text", "version", "message"),
    [
        ('PACKAGE = "a/b"', "1.0", "name of a distribution in PACKAGE"),
        ('PACKAGE = "a"', "../1", "and a version"),
        ('PACKAGE = "a"', "", "and a version"),
        ('PACKAGE = "a"', "nightly", "and a version"),
        ('ENVIRONMENT = "host"', "1.0", "asks for ENVIRONMENT 'host==1.0'"),
        ('ENVIRONMENT = "torch==2.9"', "1.0", "asks for ENVIRONMENT"),
    ],
)
def test_a_version_that_cannot_be_had_of_an_adapter_is_refused(tmp_path, text, version, message):
    with pytest.raises(Unknown, match=message):
        parse([adapter(tmp_path, f'NAME = "m"\n{text}\n') + f"=={version}"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('ENVIRONMENT = "nonesuch"', "asks for ENVIRONMENT"),
        ('ENVIRONMENT = "./mine.py"', "ENVIRONMENT of another file"),
        ('ENVIRONMENT = "torch:./a\\0.whl"', "asks for ENVIRONMENT"),
        ('ENVIRONMENT = "torch:./a\\0"', "asks for ENVIRONMENT"),
    ],
)
def test_an_environment_that_is_none_is_refused(tmp_path, text, message):
    with pytest.raises(Unknown, match=message):
        parse([adapter(tmp_path, f'NAME = "m"\n{text}\n')])


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(text):
    try:
        specs = parse(text.split(","))
    except UserError:
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
