"""What the words of severity in a contract lead to."""

from typing import Any

from data_contracts.odcs.problems import Problems, nearest
from data_contracts.words import Severity
from data_contracts.yaml_lines import Place

DEFAULT_WORD = "error"

_WORDS = {
    "critical": Severity.REFUSE,
    "error": Severity.QUARANTINE,
    "warning": Severity.WARN,
    "info": Severity.WARN,
}


def read_severity(word: Any, place: Place, problems: Problems, *, row_level: bool) -> Severity:
    """Translate a severity.

    `critical` refuses the whole export, `error` sets the row aside, `warning` and `info` report.
    A rule about the export as a whole has no row to set aside: there `error` refuses, too.

    Args:
        word: As the contract has it; None for the default, `error`.
        place: Of the rule.
        problems: Takes an unknown word.
        row_level: Whether single rows break the rule.
    """
    word = DEFAULT_WORD if word is None else word
    if word not in _WORDS:
        problems.add((*place, "severity"), f"unknown severity `{word}`{nearest(str(word), _WORDS)}")
    severity = _WORDS.get(str(word), Severity.REFUSE)
    if severity is Severity.QUARANTINE and not row_level:
        return Severity.REFUSE
    return severity
