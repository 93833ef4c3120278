"""Wrong answers of real frameworks: the lies, the files that tell them, and what they lie about."""

from suites import catalog
from suites.layers import parameters
from suites.operations import BatchedProduct
from suites.workload import Decode, Forward, Learn, Lifecycle, Operation, Product, Train, TwoMoments

TORCH = (
    *("tf32", "bfloat16", "float16", "bf16x2"),
    *("wrong_gradient_first", "wrong_gradient_middle", "wrong_gradient_last"),
    *("forgets_moments", "no_correction", "wrong_moment"),
)
NUMPY = ("held_in_tf32", "held_in_bfloat16")

BELOW = ("bf16x2",)
"""Smaller than what is looked for: listed apart."""

FILE = """from scripts.judge import lying_{framework}
NAME = "{variant}"
ENVIRONMENT = "{framework}"
lying_{framework}.install(globals(), {variant!r})
"""


def files(folder):
    """Adapter files by variant."""
    found = {}
    for framework, variants in (("torch", TORCH), ("numpy", NUMPY)):
        for variant in variants:
            path = folder / f"{framework}_{variant}.py"
            path.write_text(FILE.format(framework=framework, variant=variant))
            found[variant] = path
    return found


def told_about(variant, line):
    """Whether this variant gives a wrong answer in the cell of this line."""
    workload = catalog.find(line["suite"], "smoke", line["case"])
    learn = workload.learn if isinstance(workload, Lifecycle) else workload
    of_gradients, of_adam = "gradient" in variant, variant in _ADAM
    match learn:
        case Train():
            return not of_adam or isinstance(learn.optimizer, TwoMoments)
        case Learn():
            # Two moments divide a gradient by its size.
            two_moments = isinstance(learn.optimizer, TwoMoments)
            return not of_gradients if two_moments else not of_adam
    return not of_gradients and not of_adam and _has_products(workload)


def _has_products(workload):
    match workload:
        case Product():
            return not workload.generated
        case Operation():
            return isinstance(workload.operator, BatchedProduct)
        case Forward():
            weights = parameters(workload.model, workload.input_shape).values()
            return any(len(each.shape) > 1 for each in weights)
    return isinstance(workload, Decode)


_ADAM = ("forgets_moments", "no_correction", "wrong_moment")


def smallest(lines, variant):
    """The smallest of the largest error / limit of each cell, with its case; and how many cells."""
    found = sorted(
        (max(part["ratio"] or 0.0 for part in (line["before"], line["after"])), line["case"])
        for line in lines
        if "before" in line and told_about(variant, line)
    )
    return found[0] if found else None, len(found), sum(ratio <= 1 for ratio, _ in found)
