"""Where a value is in a nested record: `profile.email`, `emails.0.value`, `ID[type=Employee_ID]`.

Parts are joined by dots. A part is a key (in XML an element's name without its prefix), a position
from 0 in a list, or `@name` for an attribute of an XML element. `[key=value]` behind a key chooses
from several: the first whose `key` is that value (in XML an attribute or an element inside).
"""

import re
from dataclasses import dataclass

_PART = re.compile(r"([^.\[\]]+)(?:\[([^\[\]=]+)=([^\[\]]*)\])?(?:\.|$)")


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a path.

    Attributes:
        name: Key, position, or attribute (`@name`).
        key: Of those that are chosen: what is compared; "" where all are meant.
        value: What it has to be.
        position: The position in a list, where the name is a number.
    """

    name: str
    key: str = ""
    value: str = ""
    position: int | None = None


def parse_value_path(text: str) -> tuple[Step, ...]:
    """Understand a path.

    Raises:
        ValueError: In words: what of it is not understood.

    >>> [step.name for step in parse_value_path("Worker.ID[type=Employee_ID]")]
    ['Worker', 'ID']
    """
    steps: list[Step] = []
    at = 0
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            break
        name = part.group(1)
        position = int(name) if name.isascii() and name.isdecimal() else None
        steps.append(Step(name, part.group(2) or "", part.group(3) or "", position))
        at = part.end()
    if not steps or at != len(text) or text.endswith("."):
        raise ValueError(
            f"the path `{text}` is not understood; write keys joined by dots, as `emails.0.value` "
            "or `ID[type=Employee_ID]`"
        )
    return tuple(steps)
