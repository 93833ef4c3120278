"""A suite's file that asks for what there is not is told what there is, and the nearest name."""

from __future__ import annotations

from pathlib import Path

import pytest

from suites import catalog

FILE = """{head}

def cases(preset):
    {body}
    return ()
"""


def said(tmp_path: Path, head: str = "", body: str = "pass") -> str:
    path = tmp_path / "mine.py"
    path.write_text(FILE.format(head=head, body=body), encoding="utf-8")
    with pytest.raises(catalog.UnknownSuite) as refused:
        catalog.cases(str(path), "smoke")
    words = str(refused.value)
    assert "\n" not in words and str(path) in words
    return words


@pytest.mark.parametrize(
    ("head", "answers"),
    [
        (
            "from suites.layers import Conv2D",
            ["suites.layers has no Conv2D. Expected one of ", "Linear", "Did you mean Conv2d?"],
        ),
        ("from suites import layers\nlayers.Embeding(3, 4)", ["Did you mean Embedding?"]),
        ("from suites.workload import Adamm", ["SGD", "Did you mean Adam?"]),
        ("from suites.operations import Sorted", ["Did you mean Sort?"]),
        ("from suites.layers import Adam", ["it is in suites.workload"]),
        ("import suites.layer", ["suites has no layer. Expected one of", "Did you mean layers?"]),
        (
            "from suites.layers.recurent import LSTM",
            ["suites.layers has no recurent. Expected one of attention, ", "mean recurrent?"],
        ),
        ("import suites.layers.Linear", ["Linear is no module: write from suites.layers import"]),
        ("import suites.layers.dense.Linear", ["write from suites.layers.dense import Linear"]),
        ("from suites.architectures import bertt", ["alexnet, ", "Did you mean bert?"]),
        (
            "from suites.architectures.gpt2 import gtp2",
            ["Expected one of TOKENS, LENGTH, WIDTH, HEADS, LAYERS, RATE, gpt2. Did you mean"],
        ),
    ],
    ids=[
        *("import", "attribute", "workload", "operation", "elsewhere", "module"),
        *("deep module", "no module", "no package", "package", "only its own"),
    ],
)
def test_an_unknown_name(tmp_path: Path, head: str, answers: list[str]) -> None:
    found = said(tmp_path, head)
    assert "does not load" in found
    for answer in answers:
        assert answer in found


def test_an_unknown_keyword(tmp_path: Path) -> None:
    found = said(tmp_path, "from suites.layers import Conv2d", "Conv2d(3, 8, 3, strides=2)")
    assert "Conv2d has no strides. Expected one of inputs, outputs, kernel, stride" in found
    assert found.endswith("Did you mean stride?")


@pytest.mark.parametrize("module", ["suites.architectures", "suites.architectures.gpt2"])
def test_an_unknown_keyword_of_a_function(tmp_path: Path, module: str) -> None:
    found = said(tmp_path, f"from {module} import gpt2", "gpt2(widht=64)")
    assert "gpt2 has no widht. Expected one of last, tokens, width, layers." in found
    assert found.endswith("Did you mean width?")


def test_a_keyword_of_a_function_in_a_module_of_ours(tmp_path: Path) -> None:
    found = said(
        tmp_path,
        "from suites.architectures import encoder",
        "encoder.token_classifier(clases=3)",
    )
    assert "token_classifier has no clases. Expected one of classes." in found


def test_a_keyword_that_is_missing(tmp_path: Path) -> None:
    found = said(tmp_path, "from suites.layers import Linear", "Linear(3)")
    assert "missing" in found and "Expected inputs, outputs" in found


def test_other_errors_are_told_as_they_are(tmp_path: Path) -> None:
    assert "KeyError('x')" in said(tmp_path, body="{}['x']")
    assert "nothing_there" in said(tmp_path, "import nothing_there")
    own = "class Conv2d:\n    def __init__(self): pass\n"
    assert "TypeError" in said(tmp_path, own, "Conv2d(strides=2)")
    assert "TypeError" in said(tmp_path, "def gpt2(): pass\n", "gpt2(widht=2)")
    assert "TypeError" in said(tmp_path, "class Mine: pass\n", "Mine(strides=2)")


def test_an_error_that_lies_about_itself(tmp_path: Path) -> None:
    lying = "class Odd(AttributeError):\n    obj = name = property(lambda self: 1 / 0)\n"
    assert "Odd" in said(tmp_path, lying, "raise Odd('x')")
    posing = "import types\nfake = types.ModuleType('suites.layers')\n"
    assert "has no attribute" in said(tmp_path, posing, "fake.Thing")


def test_a_list_holds_what_a_file_makes_something_of(tmp_path: Path) -> None:
    found = said(tmp_path, "from suites.layers import Conv2D")
    assert "LayerNorm, LeakyReLU" in found
    assert not any(f" {name}," in found for name in ("Layer", "ShapeError", "walk"))


@pytest.mark.parametrize(
    ("head", "body", "answer"),
    [
        ("from suites.layers import Dense", "pass", "Did you mean Linear?"),
        ("from suites.layers import Conv2d", "Conv2d(in_channels=3)", "Did you mean inputs?"),
        ("from suites.layers import LSTM", "LSTM(3, hidden_size=4)", "Did you mean width?"),
        (
            "from suites.layers import SwiGLU",
            "SwiGLU(3, dim_feedforward=4)",
            "Did you mean hidden?",
        ),
        ("from suites.workload import SGD", "SGD(learning_rate=1)", "Did you mean lr?"),
        ("from suites.workload import Adam", "Adam(1, betas=0)", "Did you mean beta1 and beta2?"),
        ("from suites.workload import Train", "Train(batch_size=3)", "Did you mean input_shape?"),
        ("from suites.workload import Learn", "Learn(batch_size=3)", "Did you mean batch?"),
    ],
)
def test_other_frameworks_words(tmp_path: Path, head: str, body: str, answer: str) -> None:
    assert said(tmp_path, head, body).endswith(answer)


@pytest.mark.parametrize(
    ("head", "body", "answer"),
    [
        ("workload import Train", "Train(learning_rate=1)", "SGD, Adam, AdamW, RMSprop take lr."),
        ("layers import Linear", "Linear(1, num_layers=2)", "GRU, LSTM, RNN take levels."),
        ("workload import Learn", "Learn(loss='mse')", "sized_by. Train takes loss."),
        ("workload import Train", "Train(hidden_size=2)", "accumulate, clip_norm."),
        ("layers import Conv2d", "Conv2d(1, padding_mode='reflect')", "bias, dilation."),
        ("layers import Flatten", "Flatten(start_dim=1)", "Expected no arguments."),
    ],
    ids=["other word", "other layer", "our word", "too many take it", "no word of ours", "none"],
)
def test_an_argument_in_the_wrong_place(tmp_path: Path, head: str, body: str, answer: str) -> None:
    assert said(tmp_path, f"from suites.{head}", body).endswith(answer)


@pytest.mark.parametrize(
    ("head", "body", "answer"),
    [
        ("", "Sequential()", "not defined. Write from suites.layers import Sequential."),
        ("", "Linaer(6, 3)", "Did you mean Linear? Write from suites.layers import Linear."),
        ("", "Dense(3)", "Did you mean Linear? Write from suites.layers import Linear."),
        ("from suites.layers import ReLU", "ReLu()", "ReLu is not defined. Did you mean ReLU?"),
        ("def block(): pass", "blok()", "blok is not defined. Did you mean block?"),
        ("", "linear(6, 3)", "Did you mean Linear? Write from suites.layers import Linear."),
        ("", "mine()", "NameError(\"name 'mine' is not defined\")"),
        ("", "globals()[1] = 2; Linaer(6, 3)", "from suites.layers import Linear."),
        ("", "raise NameError('mine')", "NameError('mine')"),
        ("", "raise NameError('mine', name=preset + '\\n')", "NameError('mine')"),
    ],
    ids=[
        "ours",
        "near",
        "theirs",
        "imported",
        "its own",
        "small",
        "none near",
        "no text",
        "no name",
        "odd",
    ],
)
def test_a_name_that_is_not_defined(tmp_path: Path, head: str, body: str, answer: str) -> None:
    found = said(tmp_path, head, body)
    assert ", line 4: " in found and found.endswith(answer)


def test_a_name_that_two_of_ours_have(tmp_path: Path) -> None:
    found = said(tmp_path, "from suites import operations", "operations.Softmax((2, 3))")
    assert found.endswith("Expected axis, or shape, axis.")
    found = said(tmp_path, "from suites.operations import Softmax", "Softmax((2, 3))")
    assert found.endswith("Expected shape, axis.")


def test_a_module_that_not_every_environment_has(tmp_path: Path) -> None:
    assert "the standard library, NumPy and suites" in said(tmp_path, "import nothing_there")
