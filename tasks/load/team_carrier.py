"""Operations on teams carried out: created, renamed, members changed.

People whose accounts were made earlier in the same load become members by the account that they
got; whose account was not made is left to the next run.
"""

from collections.abc import Iterable

from data_contracts.configuration.target import TargetSettings
from data_contracts.outcome import Outcome
from data_contracts.team_plan import TeamMember, TeamOperation
from data_contracts.words import OperationKind, OutcomeResult, TeamOperationKind
from tasks.load.ending import Ending
from tasks.load.team_change import NAMED, TeamChanger
from tasks.load.team_create import TeamCreator
from tasks.load.team_writer import TeamChange, TeamWriter
from tasks.scim.client import ScimClient
from tasks.scim.wire import Trace


class TeamCarrier:
    """Carries out operations on teams; one for a session.

    Args:
        client: Of the target.
        settings: Of the target.
    """

    def __init__(self, client: ScimClient, settings: TargetSettings) -> None:
        self._creator = TeamCreator(client)
        self._changer = TeamChanger(client, TeamWriter(client, settings))
        self._accounts: dict[str, str] = {}
        self._teams: dict[str, str] = {}

    def note(self, outcome: Outcome) -> None:
        """Take in what became of an operation: which accounts and teams there are now."""
        made = outcome.succeeded or bool(outcome.not_retained)
        if not made or outcome.account_id is None:
            return
        if outcome.kind is OperationKind.CREATE:
            self._accounts[outcome.worker_key] = outcome.account_id
        elif outcome.kind is TeamOperationKind.CREATE:
            self._teams[outcome.worker_key] = outcome.account_id

    async def carry_out(self, operation: TeamOperation, trace: Trace) -> Ending:
        """Carry one operation out.

        Args:
            operation: On a team.
            trace: Where exchanges are noted.

        Raises:
            TargetError: It could not be done, and the reason is not this team.
        """
        if operation.kind is TeamOperationKind.CREATE:
            return await self._creator.create(operation, trace)
        team_id = operation.team_id or self._teams.get(operation.worker_key)
        if team_id is None:
            detail = "its team was not made; the next run plans both anew"
            return Ending(OutcomeResult.SKIPPED, detail=detail)
        if operation.kind is TeamOperationKind.RENAME:
            return await self._changer.change(team_id, TeamChange(name=operation.name), trace)
        return await self._change_members(team_id, operation, trace)

    async def _change_members(self, team_id: str, operation: TeamOperation, trace: Trace) -> Ending:
        without = [m.worker_key for m in operation.add if self._account(m) is None]
        wanted = TeamChange(
            add=tuple(self._known(operation.add)), remove=tuple(self._known(operation.remove))
        )
        if wanted.is_empty:
            return Ending(OutcomeResult.SKIPPED, team_id, detail=_waiting(without))
        ending = await self._changer.change(team_id, wanted, trace)
        if not without or ending.result not in (OutcomeResult.APPLIED, OutcomeResult.SETTLED):
            return ending
        detail = f"{_waiting(without)}; the others are as meant"
        return Ending(OutcomeResult.FAILED, team_id, detail=detail, verified=ending.verified)

    def _account(self, member: TeamMember) -> str | None:
        return member.account_id or self._accounts.get(member.worker_key)

    def _known(self, members: Iterable[TeamMember]) -> Iterable[str]:
        return [account for each in members if (account := self._account(each)) is not None]


def _waiting(workers: list[str]) -> str:
    """Who has to wait, in words."""
    more = f" and {len(workers) - NAMED} more" if len(workers) > NAMED else ""
    return f"{', '.join(workers[:NAMED])}{more} got no account, so the next run adds them"
