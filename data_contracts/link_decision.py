"""Whose account it is because a person said so, with who said it and why."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LinkedAccount:
    """An account that somebody says is a person's, as it is at the target."""

    account_id: str
    user_name: str
    external_id: str | None
    active: bool


@dataclass(frozen=True, slots=True)
class LinkDecision:
    """A link that was made or taken away by hand.

    Attributes:
        run_id: The run that records it.
        worker_key: Whose link.
        account_id: To which account.
        by: Who decided.
        note: Why.
        taken_from: Worker key of who had the account before; None when nobody had.
    """

    run_id: str
    worker_key: str
    account_id: str
    by: str
    note: str
    taken_from: str | None = None
