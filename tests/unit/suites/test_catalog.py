"""Suites: what each preset holds, ids, definitions, and suites from files."""

import json
import os
from itertools import pairwise

import numpy as np
import pytest

from bench.plan.presets import PRESETS
from reports.ingest.published import FOLDER
from suites import catalog
from suites.data import arrays
from suites.layers import cost
from suites.verification import reference
from suites.verification.reference import learning
from suites.verification.reference.meanings.arithmetic import Exact
from suites.workload import Product, definition_hash


@pytest.mark.parametrize("suite", catalog.NAMES)
def test_larger_presets_hold_the_smaller_ones(suite):
    held = [set(catalog.cases(suite, preset)) for preset in PRESETS]
    assert all(small <= large for small, large in pairwise(held))


def test_case_ids_and_definitions_are_unique():
    everything = [case for suite in catalog.NAMES for case in catalog.cases(suite, "full")]
    assert len({case.case for case in everything}) == len(everything)
    assert len({definition_hash(case) for case in everything}) == len(everything)


def test_sizes_grow_so_that_pace_can_predict():
    for suite in catalog.NAMES:
        by_name: dict[str, list[int]] = {}
        for case in catalog.cases(suite, "full"):
            by_name.setdefault(case.name, []).append(case.size)
        assert all(sizes == sorted(sizes) for sizes in by_name.values())


def test_the_full_matmul_suite_is_the_published_range():
    assert [case.size for case in catalog.cases("matmul", "full")] == [2**k for k in range(6, 14)]
    names = {(case.name, case.size) for case in catalog.cases("hackintosh", "full")}
    assert names == {
        (name, 10**e) for name in ("with_generation", "product_only") for e in range(2, 9)
    }


def test_the_full_sweep_is_the_published_range():
    sizes = [case.size for case in catalog.cases("sweep", "full") if case.name == "epochs"]
    assert (len(sizes), sizes[0], sizes[-1]) == (9, 90_902, 900_090_002)
    assert len(catalog.cases("sweep", "smoke")) == 2 * 2


@pytest.mark.parametrize(
    ("suite", "case"),
    [
        ("cnn", "vgg16_train/64"),
        ("transformer", "forward_published/1"),
        ("vendor", "resnet50_train/128"),
        ("vendor", "bert_base_forward/64"),
        ("vendor", "vgg16_train/64"),
        ("unet", "unet_train/8"),
        ("vit", "vit_b_16_train/32"),
        ("lifecycle", "tiny/5"),
    ],
)
def test_published_work_is_in_the_standard_preset(suite, case):
    assert catalog.find(suite, "standard", f"{suite}/{case}")


def test_smoke_shows_that_learning_learns():
    """Right answers double and double again: noise around no learning cannot do that."""
    work = catalog.find("learn", "smoke", "learn/epochs_2_fast/1000")
    made = arrays.make(work, 0)
    before = reference.outputs(work, made.weights, made.inputs["test_x"])
    guessed = int(np.sum(np.argmax(before, axis=1) == made.inputs["test_labels"]))
    first, last = learning.learn(work, made, Exact()).curves["correct"]  # type: ignore[arg-type]
    assert first >= 2 * guessed
    assert last >= 4 * guessed


def test_the_published_learning_is_a_case():
    (name,) = {
        (line["suite"], line["name"], line["size"])
        for line in map(json.loads, (FOLDER / "s2.jsonl").read_text().splitlines())
    }
    work = catalog.find(name[0], "full", "/".join(map(str, name)))
    assert (work.data.source, work.inputs) == ("fashion_mnist", "host")
    assert (work.epochs, work.batch, work.batches) == (10, 64, 937)
    assert cost.parameter_count(work.model, work.input_shape) == 669_706


def test_a_life_leaves_out_the_fifth_point():
    """As its docstring says: points come in order, two at a time."""
    (life,) = catalog.cases("lifecycle", "smoke")
    made, learn = arrays.make(life, 0), life.learn
    x = np.array(made.inputs["x"])
    x[4] = 1e6
    spoiled = arrays.Arrays({**made.inputs, "x": x}, made.weights)
    right, same = (learning.learn(learn, given, Exact()) for given in (made, spoiled))
    assert np.array_equal(right.curves["train_loss"], same.curves["train_loss"])


def test_product_cost_by_hand():
    product = Product(suite="s", name="p", m=2, k=3, n=4)
    assert product.flop == 2 * 2 * 3 * 4
    assert product.traffic_bytes("float16") == 2 * (6 + 12 + 8)


def test_an_unknown_suite_names_the_choices():
    with pytest.raises(catalog.UnknownSuite, match="matmul, mlp, cnn"):
        catalog.load("nonesuch")


def test_a_suite_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(
        "from suites.workload import Product\n"
        "def cases(preset):\n"
        "    return [Product(suite='mine', name='p', m=2, k=2, n=2)]\n"
    )
    assert catalog.find(str(path), "smoke", "mine/p/2").flop == 16


def test_a_suite_file_whose_name_is_no_text(tmp_path):
    path = tmp_path / os.fsdecode(b"\xff\xfe.py")
    try:
        path.write_text("cases = list\n")
    except OSError:
        pytest.skip("this system's files have names of text alone")
    assert catalog.load(str(path)).cases is list


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def cases(preset): return [1]", "no workload"),
        ("x = 1", "defines no function"),
        ("1 / 0", "does not load"),
        ("def cases(preset): raise KeyError(preset)", "fails in cases"),
        ("import frameworks.nonesuch", "does not load"),
        ("raise BaseException", "does not load, line 1: BaseException"),
        (
            "class E(Exception):\n  def __str__(self): raise self\n  __repr__ = __str__\nraise E",
            "does not load, line 4: .what it says cannot be told: E",
        ),
        ("def cases(preset): raise GeneratorExit", "fails in cases"),
    ],
)
def test_a_file_that_is_no_suite_is_refused(tmp_path, text, message):
    path = tmp_path / "bad.py"
    path.write_text(text)
    with pytest.raises(catalog.UnknownSuite, match=message):
        catalog.cases(str(path), "smoke")


def test_a_missing_suite_file_is_refused():
    with pytest.raises(catalog.UnknownSuite, match="no suite file"):
        catalog.load("./absent.py")
