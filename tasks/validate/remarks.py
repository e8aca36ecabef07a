"""What a breach says beyond its rule: which statuses are unknown, how many values are shared."""

import pandas as pd

from data_contracts.columns import folded, texts
from data_contracts.export_contract import ContractRule, ExportContract
from data_contracts.rule_ids import STATUS_KNOWN
from tasks.validate.run_rules import Breaches
from tasks.validate.status import status_columns, unknown_statuses

_NAMED = 5  # keys that a message names
_CASELESS = "expect_column_values_to_be_unique_ignoring_case"
_UNIQUE = ("expect_column_values_to_be_unique", _CASELESS)


def remark(breach: Breaches, frame: pd.DataFrame, contract: ExportContract) -> str:
    """More about a breach, in words; "" when the rule says it all.

    Statuses are named, and keys: neither tells anything personal.

    Args:
        breach: Of a rule that some rows break.
        frame: The batch's rows.
        contract: The contract.
    """
    rule = breach.rule
    if rule.rule_id == STATUS_KNOWN and contract.status is not None:
        rows = frame.iloc[breach.rows]
        states = {status: str(state) for status, state in contract.status.states.items()}
        unknown = unknown_statuses(
            status_columns(rows, contract.status), states, contract.status.bit_list
        )
        return f"unknown: {unknown}"
    if rule.expectation in _UNIQUE:
        return _shared(breach, frame, rule, contract)
    return ""


def _shared(
    breach: Breaches, frame: pd.DataFrame, rule: ContractRule, contract: ExportContract
) -> str:
    name = rule.columns[0]
    values = frame[name].iloc[breach.rows]
    distinct = (folded(values) if rule.expectation == _CASELESS else values).drop_duplicates()
    one = len(distinct) == 1
    counted = "1 value" if one else f"{len(distinct):,} values"
    text = f"{counted} of `{name}` {'stands' if one else 'stand'} in several rows"
    if name == contract.key:
        shown = [str(value) for value in texts(distinct)[:_NAMED]]
        more = " ..." if len(distinct) > _NAMED else ""
        text += f" ({', '.join(shown)}{more})"
    return text
