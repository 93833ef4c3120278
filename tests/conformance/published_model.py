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
from suites.architectures.pretrained import renamed
from suites.data import arrays
from suites.workload import Forward

BATCH = 2


def main(name):
    """The published model with its own random weights, then ours with the same."""
    module, architecture = published(name)
    shape = (BATCH, *architecture.sample)
    workload = Forward(suite="published", name=name, model=architecture.build(), input_shape=shape)
    made = arrays.make(workload, seed=0)
    theirs = outputs(module, made.inputs["x"])
    loaded = renamed(architecture, {n: t.numpy() for n, t in module.state_dict().items()})
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
