"""PyTorch made to lie, inside its own environment: products with less than float32 in them, as the
matrix units of GPUs give them, and training by another formula."""

import torch
from torch.optim import optimizer as hooks
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from frameworks.interface import Resettable, parts
from frameworks.torch import adapter as honest

FUNCTIONS = ("devices", "start", "build", "wait", "to_numpy", "memory")

PRODUCTS = ("mm", "bmm", "linear", "matmul", "conv", "attention", "mv", "dot")
"""In the names of operations whose operands matrix units round."""

FACTOR = 1.05


def _tf32(x):
    """To 11 bits, nearest even."""
    whole = x.contiguous().view(torch.int32)
    half = ((1 << 12) - 1) + ((whole >> 13) & 1)
    return ((whole + half) & ~((1 << 13) - 1)).view(torch.float32)


def _bf16x2(x):
    """To the sum of two numbers of bfloat16; their product lacks one part more."""
    high = x.bfloat16().float()
    return high + (x - high).bfloat16().float()


OPERANDS = {
    "tf32": _tf32,
    "bfloat16": lambda x: x.bfloat16().float(),
    "float16": lambda x: x.half().float(),
    "bf16x2": _bf16x2,
}


class _Rounding(TorchDispatchMode):
    """Rounds what goes into products, in the backward pass too."""

    def __init__(self, rounded):
        super().__init__()
        self._rounded = rounded

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        if any(word in func.__name__ for word in PRODUCTS):
            args = tree_map(self._operand, args)
        return func(*args, **(kwargs or {}))

    def _operand(self, value):
        single = isinstance(value, torch.Tensor) and value.dtype == torch.float32
        return self._rounded(value) if single and value.dim() > 1 else value


def _all(optimizer):
    return [weight for group in optimizer.param_groups for weight in group["params"]]


def _wrong_gradient(place):
    def before(optimizer, args, kwargs):
        weights = _all(optimizer)
        weights[int(place * (len(weights) - 1))].grad.mul_(FACTOR)

    return before


def _forgets(optimizer, args, kwargs):
    for state in optimizer.state.values():
        for name in ("exp_avg", "exp_avg_sq"):
            if name in state:
                state[name].zero_()


def _uncorrected(optimizer, args, kwargs):
    for state in optimizer.state.values():
        if "step" in state:
            state["step"].fill_(10**7)


def _wrong_moment(optimizer, args, kwargs):
    state = optimizer.state[_all(optimizer)[0]]
    if "exp_avg" in state:
        state["exp_avg"].mul_(FACTOR)


BEFORE = {
    "wrong_gradient_first": _wrong_gradient(0),
    "wrong_gradient_middle": _wrong_gradient(0.5),
    "wrong_gradient_last": _wrong_gradient(1),
    "forgets_moments": _forgets,
    "no_correction": _uncorrected,
}
AFTER = {"wrong_moment": _wrong_moment}

VARIANTS = (*OPERANDS, *BEFORE, *AFTER)


def install(into, variant):
    """Make a module PyTorch's adapter with this lie."""
    into.update({name: getattr(honest, name) for name in FUNCTIONS})
    if variant in BEFORE:
        hooks.register_optimizer_step_pre_hook(BEFORE[variant])
    if variant in AFTER:
        hooks.register_optimizer_step_post_hook(AFTER[variant])
    if variant in OPERANDS:
        into["build"] = lambda workload, arrays: _rounding(workload, arrays, OPERANDS[variant])


def _rounding(workload, arrays, rounded):
    step, reset = parts(honest.build(workload, arrays))

    def lying():
        with _Rounding(rounded):
            return step()

    return lying if reset is None else Resettable(lying, reset)
