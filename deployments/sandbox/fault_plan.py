"""When a fault strikes: by probability or count, after so many matching requests, seeded."""

import random
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from deployments.sandbox.faults import FAULTS

_SPEC = re.compile(
    r"^(?P<name>[a-z0-9-]+)"
    r"=(?P<when>\d+x|\d*\.?\d+)"
    r"(?:@(?P<after>\d+))?"
    r"(?::(?P<amount>\d+(?:\.\d+)?))?$"
)
GRAMMAR = "NAME=PROBABILITY or NAME=TIMESx, then @AFTER and :AMOUNT when wanted"


class FaultSpec(BaseModel):
    """One fault and when it strikes.

    In text: `NAME=WHEN[@AFTER][:AMOUNT]`. WHEN is a probability (`0.05`, `1` = always) or a count
    (`3x` = the next three matching requests). `@AFTER` lets that many matching requests pass first.
    `:AMOUNT` is the fault's own number (milliseconds, seconds, resources).

    >>> FaultSpec.parse("slow=0.2:1500").amount
    1500.0
    >>> FaultSpec.parse("lost-response=1x@5")
    FaultSpec(name='lost-response', probability=1.0, times=1, after=5, amount=None)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="Name in the registry of faults.")
    probability: float = Field(
        default=1.0, ge=0, le=1, description="Chance for a matching request."
    )
    times: int | None = Field(default=None, ge=1, description="Strikes at most. None: no limit.")
    after: int | None = Field(
        default=None, ge=0, description="Matching requests that pass first. None: the fault's own."
    )
    amount: float | None = Field(
        default=None, ge=0, description="The fault's own number. None: its default."
    )

    @field_validator("name")
    @classmethod
    def _known_name(cls, name: str) -> str:
        if name not in FAULTS:
            near = get_close_matches(name, FAULTS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(FAULTS))}"
            raise ValueError(f"there is no fault {name!r}; {hint}")
        return name

    @model_validator(mode="after")
    def _can_strike(self) -> Self:
        if self.probability == 0:
            raise ValueError(f"{self.name} with probability 0 never strikes")
        return self

    @classmethod
    def parse(cls, text: str) -> "FaultSpec":
        """Read the textual form.

        Raises:
            ValueError: the text does not follow the grammar, or names no fault.
        """
        found = _SPEC.match(text.strip())
        if found is None:
            raise ValueError(f"{text!r} is no fault; write {GRAMMAR}, e.g. lost-response=0.05")
        when = found["when"]
        values: dict[str, Any] = {"name": found["name"]}
        if when.endswith("x"):
            values["times"] = int(when[:-1])
        else:
            values["probability"] = float(when)
        if found["after"] is not None:
            values["after"] = int(found["after"])
        if found["amount"] is not None:
            values["amount"] = float(found["amount"])
        return cls(**values)


def read_fault_specs(given: Any) -> Any:
    """Let settings name faults in their textual form; everything else is left to pydantic."""
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, Iterable):
        return given
    return tuple(FaultSpec.parse(item) if isinstance(item, str) else item for item in given)


@dataclass
class _Armed:
    spec: FaultSpec
    dice: random.Random
    let_pass: int
    strikes_left: int | None

    def rolls(self) -> bool:
        """Count one matching request and say whether the fault strikes it."""
        if self.let_pass > 0:
            self.let_pass -= 1
            return False
        if self.strikes_left == 0:
            return False
        if self.dice.random() >= self.spec.probability:
            return False
        if self.strikes_left is not None:
            self.strikes_left -= 1
        return True


class FaultPlan:
    """The armed faults of one sandbox; can be changed while it runs.

    Each fault rolls its own dice, seeded from the seed and its name, so that adding one fault does
    not move the strikes of another.
    """

    def __init__(self, specs: Iterable[FaultSpec] = (), seed: int = 0) -> None:
        self._seed = seed
        self._armed: dict[str, _Armed] = {}
        self.struck: Counter[str] = Counter()
        """How often each fault struck so far."""
        for spec in specs:
            self.add(spec)

    def add(self, spec: FaultSpec | str) -> None:
        """Arm a fault, replacing one of the same name; counts and dice start anew."""
        spec = FaultSpec.parse(spec) if isinstance(spec, str) else spec
        let_pass = FAULTS[spec.name].default_after if spec.after is None else spec.after
        # random on purpose: repeatable strikes, no secrecy wanted
        dice = random.Random(f"{self._seed}:{spec.name}")  # noqa: S311
        self._armed[spec.name] = _Armed(spec, dice, let_pass, spec.times)

    def remove(self, name: str) -> None:
        """Disarm a fault; unknown and unarmed names are fine."""
        self._armed.pop(name, None)

    def clear(self) -> None:
        """Disarm everything. What struck so far stays counted."""
        self._armed.clear()

    @property
    def specs(self) -> tuple[FaultSpec, ...]:
        """The armed faults, in the order they were armed."""
        return tuple(armed.spec for armed in self._armed.values())

    def rolls(self, name: str) -> FaultSpec | None:
        """Count a matching request for this fault; its spec when it strikes."""
        armed = self._armed.get(name)
        if armed is None or not armed.rolls():
            return None
        self.struck[name] += 1
        return armed.spec
