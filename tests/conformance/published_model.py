"""One architecture against its published implementation: `published_model.py NAME`.

Its environment holds torch and what published it.

Writes one JSON line, {error, unrelated, scale}: the largest difference of the two outputs when ours
has loaded the published model's weights, the same when it has weights of its own, and the largest
output.
"""

import contextlib
import json
import sys

import numpy as np

import frameworks.torch.adapter as adapter
from frameworks.interface import Settings, parts
from suites.architectures import ARCHITECTURES, Architecture
from suites.architectures.bert import bert_base
from suites.data import arrays
from suites.data.pretrained import renamed
from suites.workload import Forward

BATCH = 2

CONFIGURED = {
    "gpt2": lambda hub: (hub.GPT2LMHeadModel, hub.GPT2Config()),
    "smollm2_135m": lambda hub: (
        hub.LlamaForCausalLM,
        hub.LlamaConfig(
            vocab_size=49152,
            hidden_size=576,
            intermediate_size=1536,
            num_hidden_layers=30,
            num_attention_heads=9,
            num_key_value_heads=3,
            rms_norm_eps=1e-5,
            rope_theta=1e5,
            tie_word_embeddings=True,
        ),
    ),
}
"""Of each decoder its class and its settings, as its model card has them."""


def gpt2_weights(ours, state):
    """By our paths: their matrices are [inputs, outputs]."""
    names = {"attn.in": "attn.c_attn", "attn.out": "attn.c_proj"}
    names |= {name: f"mlp.{name}" for name in ("c_fc", "c_proj")}
    found = {}
    for path in ours:
        name = path.replace("attend.body.", "").replace("feed.body.", "").replace("_bias", ".bias")
        name = name.replace("_weight", ".weight")
        module, _, end = name.rpartition(".")
        mine = next((mine for mine in names if module.endswith(f".{mine}")), "")
        module = module.removesuffix(mine) + names.get(mine, "")
        array = state[f"transformer.{module}.{end}"]
        found[path] = (
            array.T if module.endswith(tuple(names.values())) and end == "weight" else array
        )
    return found


def llama_weights(ours, state):
    """By our paths: their projections apart make one of ours."""
    joined = {
        "self_attn.in_weight": [f"self_attn.{part}_proj.weight" for part in "qkv"],
        "self_attn.out_weight": ["self_attn.o_proj.weight"],
        **{f"mlp.{name}": [f"mlp.{name}_proj.weight"] for name in ("gate", "up", "down")},
    }
    found = {}
    for path in ours:
        name = f"model.{path}".replace("attend.body.", "").replace("feed.body.", "")
        end = next((end for end in joined if name.endswith(end)), None)
        parts = [name] if end is None else [name.removesuffix(end) + part for part in joined[end]]
        found[path] = np.concatenate([state[part] for part in parts])
    return found


RENAMED = {"gpt2": gpt2_weights, "smollm2_135m": llama_weights}


def main(name):
    """The published model with its own random weights, then ours with the same."""
    module, architecture = published(name)
    shape = (BATCH, *architecture.sample)
    workload = Forward(suite="published", name=name, model=architecture.build(), input_shape=shape)
    made = arrays.make(workload, seed=0)
    theirs = outputs(module, made.inputs["x"])
    state = {n: t.numpy() for n, t in module.state_dict().items()}
    by_path = RENAMED.get(name)
    loaded = by_path(made.weights, state) if by_path else renamed(architecture, state)
    return {
        "error": difference(theirs, workload, arrays.Arrays(made.inputs, loaded)),
        "unrelated": difference(theirs, workload, made),
        "scale": float(np.max(np.abs(theirs))),
    }


def published(name):
    """The module in inference mode, its running averages off their initial values; ours."""
    import torch

    torch.manual_seed(0)
    architecture = ARCHITECTURES.get(name)
    if name == "encoder":
        layer = torch.nn.TransformerEncoderLayer(d_model=512, nhead=8, batch_first=True)
        module = torch.nn.TransformerEncoder(layer, num_layers=6, enable_nested_tensor=False)
    elif name in RENAMED:
        import transformers

        kind, config = CONFIGURED[name](transformers)
        module = kind(config)
    elif name.startswith("bert_base"):
        with contextlib.suppress(ModuleNotFoundError):
            import_torchvision()  # before transformers, which imports it where it is installed
        import transformers

        module = transformers.BertModel(transformers.BertConfig())
        if name == "bert_base_classifier":
            module = transformers.BertForSequenceClassification(transformers.BertConfig())
            architecture = Architecture(lambda: bert_base(classes=2), (128,), name)
    else:
        module = getattr(import_torchvision().models, name)(weights=None)
    with torch.no_grad():
        for norm in module.modules():
            if isinstance(norm, torch.nn.BatchNorm2d):
                for array in (norm.running_mean, norm.bias):
                    array.uniform_(-0.1, 0.1)
                for array in (norm.running_var, norm.weight):
                    array.uniform_(0.8, 1.2)
    return module.eval(), architecture


def import_torchvision():
    """Also a build for CUDA: without CUDA's libraries its own operators are missing, two of which
    the import describes and no model here needs."""
    import torch

    try:
        import torchvision
    except RuntimeError:
        for module in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[module]
        for operator in ("nms", "qnms"):
            torch.library.define(
                f"torchvision::{operator}", "(Tensor dets, Tensor scores, float limit) -> Tensor"
            )
        import torchvision
    return torchvision


def outputs(module, x):
    """What the published model makes of the batch."""
    import torch

    with torch.inference_mode():
        y = module(torch.from_numpy(np.array(x, dtype=np.int64 if x.dtype == "i4" else x.dtype)))
    for part in ("pooler_output", "logits"):
        y = getattr(y, part, y)
    return y.numpy()


def difference(theirs, workload, given):
    """The largest difference to what our model makes of the arrays given."""
    step, _ = parts(adapter.build(workload, given))
    results = step()
    adapter.wait([results])
    return float(np.max(np.abs(theirs - adapter.to_numpy(results["output"]))))


if __name__ == "__main__":
    adapter.start(adapter.devices()[0], Settings("float32", "eager"))
    sys.stdout.write(json.dumps(main(sys.argv[1])) + "\n")
