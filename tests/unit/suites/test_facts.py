"""Facts of a workload come from its kind, its model and its inputs, whatever it is called."""

from dataclasses import dataclass, replace

import pytest

from bench.plan import request
from suites import catalog
from suites.layers import (
    Conv2d,
    Embedding,
    EmbeddingBag,
    Flatten,
    Linear,
    ReLU,
    Residual,
    Sequential,
)
from suites.layers.elementwise import Elementwise
from suites.workload import INPUTS, SGD, Data, Forward, Learn, Lifecycle, Product, Train, facts_of


def train(model=None, shape=(4, 3), **fields):
    model = model or Linear(3, 2)
    return Train(
        suite="mine", name="n", model=model, input_shape=shape, optimizer=SGD(lr=1.0), **fields
    )


LEARN = Learn(
    suite="mine",
    name="n",
    model=Linear(2, 2),
    data=Data("points", 5, 2, (2,), 2),
    batch=2,
    epochs=3,
    optimizer=SGD(lr=0.5),
)


@pytest.mark.parametrize(
    ("workload", "counted"),
    [
        (Product(suite="mlp", name="n", m=4, k=4, n=4), "n"),
        (Forward(suite="matmul", name="n", model=Linear(3, 2), input_shape=(4, 3)), "batch"),
        (train(), "batch"),
        (train(sized_by="parameters"), "parameters"),
        (LEARN, "samples"),
        (replace(LEARN, sized_by="parameters"), "parameters"),
        (Lifecycle(learn=LEARN), "samples"),
    ],
)
def test_what_a_size_counts(workload, counted):
    assert facts_of(workload).size_of == counted


@pytest.mark.parametrize(
    ("workload", "kind"),
    [
        (Product(suite="mlp", name="n", m=4, k=4, n=4), "matrix product"),
        (Product(suite="mlp", name="n", m=1, k=4, n=1), "inner product"),
        (Forward(suite="matmul", name="train", model=Linear(3, 2), input_shape=(4, 3)), "forward"),
        (train(), "training"),
        (LEARN, "training"),
        (Lifecycle(learn=LEARN), "lifecycle"),
    ],
)
def test_what_kind_of_work_it_is(workload, kind):
    assert facts_of(workload).work_kind == kind


class TestConvolutions:
    def of(self, *layers, shape=(2, 3, 8, 8)):
        return facts_of(train(Sequential(*layers), shape)).convolutions

    def test_a_convolution_is_found_at_any_depth(self):
        assert self.of(Residual(Conv2d(3, 3, 1)), Flatten(), Linear(192, 2)) is True

    def test_a_model_of_our_other_layers_has_none(self):
        assert self.of(ReLU(), Flatten(), Linear(192, 2)) is False

    def test_a_layer_that_is_not_ours_might_be_one(self):
        @dataclass(frozen=True)
        class Unknown(Elementwise):
            pass

        assert self.of(Unknown(), Flatten(), Linear(192, 2)) is None
        assert self.of(Unknown(), Conv2d(3, 3, 1), Flatten(), Linear(192, 2)) is True


def test_work_of_the_host_is_where_inputs_come_from_or_a_life():
    found = {inputs: facts_of(train(inputs=inputs)).host_work for inputs in INPUTS}
    assert found == {"device": False, "host": True, "loop": True, "background": True}
    assert [facts_of(LEARN).host_work, facts_of(Lifecycle(learn=LEARN)).host_work] == [False, True]


class TestTokens:
    def of(self, *layers, shape=(2, 5)):
        return facts_of(train(Sequential(*layers), shape)).tokens

    def test_an_embedding_reads_a_token_at_each_place_of_each_sample(self):
        assert self.of(Embedding(7, 4), Linear(4, 2)) == 10

    def test_a_bag_of_tokens_and_numbers_are_no_sequence(self):
        assert self.of(EmbeddingBag(7, 4, first=1, count=3), Linear(4, 2)) is None
        assert self.of(Linear(5, 2)) is None


def test_every_case_of_the_catalog_has_facts_in_its_record():
    plan = [(suite, case) for suite in catalog.NAMES for case in catalog.cases(suite, "full")]
    records = request._case_records(plan)
    assert {record.suite for record in records if record.convolutions} == {
        *("cnn", "loader", "ops", "pitfalls", "unet", "vendor", "vit"),
    }
    assert {r.name for r in records if r.suite == "vendor" and not r.convolutions} == {
        "bert_base_forward",
        "bert_base_train",
    }
    sizes = {"n", "batch", "samples", "parameters", "values", "tokens"}
    assert {record.size_of for record in records} == sizes
    assert all(record.host_work is not None for record in records)
    tokens = {record.case: record.tokens for record in records}
    assert tokens["decoder/gpt2_prefill_128/1"] == tokens["decoder/gpt2_decode/128"] == 128
    assert {record.suite for record in records if record.tokens} == {"decoder", "lstm", "vendor"}
