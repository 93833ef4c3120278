"""What an optimizer is: it says what it keeps, how it is verified, and its update as one formula.

The formula is written over an array namespace `xp` that has `sqrt` and `expm1`: the float64
reference uses it, and so do frameworks whose arrays have them. Adapters of frameworks with
optimizers of their own choose these by type.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from suites.workload.schedules import Schedule

State = tuple[Any, ...]
"""What an optimizer keeps of one weight: an array of the weight's shape for each of its `slots`."""


@dataclass(frozen=True)
class Optimizer(ABC):
    """What every optimizer says of itself. Built-in ones are in `optimizers`; no other is run."""

    lr: float
    schedule: Schedule | None = field(default=None, kw_only=True)
    """What `lr` is multiplied by in each step; None: it is constant."""
    checked_by: ClassVar[Literal["changes", "gradients"]]
    """What of the first step is compared with the reference: how each weight changed, or each
    gradient, as the state shows it. The second is for a change that hides the gradient's size."""
    shows_sums: ClassVar[bool] = True
    """Whether sums of gradients follow from sums of weights and state; else single values do."""

    @property
    @abstractmethod
    def flop_per_parameter(self) -> int:
        """Operations of the update, for each learned value."""

    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the arrays that it keeps of each weight. All are zero before the first step."""
        return ()

    @property
    def counts_steps(self) -> bool:
        """Whether its state holds the number of the step too."""
        return self.schedule is not None

    @property
    def state_arrays(self) -> int:
        """Arrays of the size of the weights that it keeps."""
        return len(self.slots)

    def state_names(self, path: str) -> tuple[str, ...]:
        """The names under which a step returns what it keeps of a weight, as `slots` lists it."""
        return tuple(f"{path}|{slot}" for slot in self.slots)

    def rate(self, step: Any, xp: Any) -> Any:
        """The learning rate of that step, counted from 1."""
        return self.lr if self.schedule is None else self.lr * self.schedule.factor(step - 1, xp)

    def factors(self, step: Any, xp: Any) -> State:
        """What all weights share in that step, counted from 1; worked out once in a step."""
        return (self.rate(step, xp),)

    def taken(self, weight: Any, gradient: Any) -> Any:
        """The gradient that the rule goes by: with what decays the weight added to it."""
        return gradient

    @abstractmethod
    def update(
        self, weight: Any, gradient: Any, state: State, factors: State, xp: Any
    ) -> tuple[Any, State]:
        """A weight and what is kept of it after the step that these `factors` are for."""

    @property
    def kept_share(self) -> float:
        """Of what it keeps of the gradient, the share that a step leaves: the new gradient has the
        rest, of which a framework that has the share in float32 loses the last digits."""
        return 0.0

    def shown(self, before: Any, after: Any, state: State, xp: Any) -> Any:
        """Where it is checked by them, the first step's `taken` gradient: as a weight and what is
        kept of it after that step show it."""
        raise NotImplementedError(f"{type(self).__name__} is not checked by its gradients")

    def apply(
        self,
        weights: Mapping[str, Any],
        gradients: Mapping[str, Any],
        kept: Any,
        step: Any,
        xp: Any,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Every weight that has a gradient after this step, and what is `kept`, by its names."""
        factors = self.factors(step, xp)
        after: dict[str, Any] = {}
        keeps: dict[str, Any] = {}
        for path, gradient in gradients.items():
            names = self.state_names(path)
            state = tuple(kept[name] for name in names)
            after[path], state = self.update(weights[path], gradient, state, factors, xp)
            keeps |= zip(names, state, strict=True)
        return after, keeps
