"""What became of the writes to teams that an earlier run left without an outcome: found by looking.

Pure, as `settle`. What did not happen is planned again by the run that found it out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from data_contracts.outcome import Outcome
from data_contracts.team_plan import TEAM_PREFIX, TeamMember, TeamOperation
from data_contracts.teams import Team, TeamLink, TeamSnapshot, folded_name
from data_contracts.words import OutcomeResult, TeamOperationKind
from tasks.ledger import RecordedOperation

MeantTeams = Mapping[str, TeamOperation]
"""The operations that were meant, by operation id, from the plan that the ledger keeps."""


@dataclass(frozen=True, slots=True)
class TeamsNow:
    """What is known when open writes are looked at.

    Attributes:
        snapshot: The teams as they are now.
        links: Which of them are managed.
        accounts: Account by worker key, from the ledger's links.
    """

    snapshot: TeamSnapshot
    links: tuple[TeamLink, ...]
    accounts: Mapping[str, str]


def settle_team_intents(
    intents: Iterable[tuple[RecordedOperation, MeantTeams]], now: TeamsNow
) -> Iterator[tuple[RecordedOperation, Outcome]]:
    """Tell from the target's present teams what became of open intents.

    Args:
        intents: What was left open, oldest first, each with its plan's operations.
        now: What is known.

    Yields:
        Each intent that can be told, with its outcome. One whose team an incomplete read does not
        show, or whose members could not be read, stays open.
    """
    known = {link.team_key: link.team_id for link in now.links}
    for intent, meant in intents:
        operation = meant.get(intent.operation_id)
        key = intent.worker_key.removeprefix(TEAM_PREFIX)
        team = _find(intent, operation, known.get(key), now)
        if team is None:
            if now.snapshot.complete:
                detail = "the target shows no such team"
                yield intent, _outcome(intent, OutcomeResult.FAILED, None, detail)
            continue
        result = _judge(intent, operation, team, now.accounts)
        if result is None:
            continue
        if result is OutcomeResult.SETTLED:
            known[key] = team.team_id
        detail = "" if result is OutcomeResult.SETTLED else "the target does not hold all of it"
        yield intent, _outcome(intent, result, team.team_id, detail)


def _find(
    intent: RecordedOperation, operation: TeamOperation | None, linked: str | None, now: TeamsNow
) -> Team | None:
    """The team that an intent was about: by id, for a new one by name, if nobody else's."""
    team_id = intent.account_id or linked
    if team_id is not None:
        return next((t for t in now.snapshot.teams if t.team_id == team_id), None)
    if intent.kind is not TeamOperationKind.CREATE:
        return None
    taken = {link.team_id for link in now.links}
    name = folded_name(intent.user_name)
    found = [t for t in now.snapshot.teams if folded_name(t.name) == name]
    if len(found) != 1 or found[0].team_id in taken:
        return None
    sent = intent.external_id if operation is None else operation.external_id
    other = sent is not None and found[0].external_id not in (None, sent)
    return None if other else found[0]


def _judge(
    intent: RecordedOperation,
    operation: TeamOperation | None,
    team: Team,
    accounts: Mapping[str, str],
) -> OutcomeResult | None:
    """How it ended; None when the target does not let it be told."""
    if intent.kind is TeamOperationKind.CREATE:
        return OutcomeResult.SETTLED
    if operation is None:
        return OutcomeResult.FAILED  # its plan is gone; what is missing is planned anew
    if intent.kind is TeamOperationKind.RENAME:
        done = team.name == operation.name
    elif team.members is None:
        return None
    else:
        added, removed = _ids(operation.add, accounts), _ids(operation.remove, accounts)
        done = added <= team.members and not removed & team.members
        done = done and len(added) == len(operation.add)
    return OutcomeResult.SETTLED if done else OutcomeResult.FAILED


def _ids(members: Iterable[TeamMember], accounts: Mapping[str, str]) -> frozenset[str]:
    found = (member.account_id or accounts.get(member.worker_key) for member in members)
    return frozenset(account for account in found if account is not None)


def _outcome(
    intent: RecordedOperation, result: OutcomeResult, team_id: str | None, detail: str
) -> Outcome:
    told = f"run {intent.run_id} ended without an outcome; found by looking at the target"
    return Outcome(
        operation_id=intent.operation_id,
        worker_key=intent.worker_key,
        kind=intent.kind,
        result=result,
        account_id=team_id or intent.account_id,
        user_name=intent.user_name,
        detail=f"{told}: {detail}" if detail else told,
        verified="looked at after the fact",
    )
