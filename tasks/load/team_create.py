"""One team created, and never a second one.

A create is never repeated blindly: after a lost answer, a 5xx, or "taken", the target is searched
by displayName first.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from data_contracts.errors import (
    AnswerUnreadable,
    OutcomeUnknown,
    TargetError,
    TargetRefused,
    TargetUnavailable,
    UniquenessConflict,
)
from data_contracts.scim.schema import GROUP_SCHEMA
from data_contracts.team_plan import TeamOperation
from data_contracts.teams import folded_name
from data_contracts.words import OutcomeResult
from tasks.load.change import is_ambiguous
from tasks.load.ending import Ending
from tasks.scim.answers import resource_id
from tasks.scim.client import ScimClient
from tasks.scim.groups import read_team
from tasks.scim.retry import wait_s
from tasks.scim.wire import Trace

Resource = Mapping[str, Any]

LOOKS_FOR_OWN = 3
"""How often a team that we probably made is searched: some searches lag behind the writes."""


class TeamCreator:
    """Creates teams.

    Args:
        client: Of the target.
    """

    def __init__(self, client: ScimClient) -> None:
        self._client = client
        self._groups = client.groups

    async def create(self, operation: TeamOperation, trace: Trace) -> Ending:
        """Create the team of an operation, without members.

        Args:
            operation: A create.
            trace: Where exchanges are noted.

        Raises:
            TargetError: It could not be done, or its end is not known.
        """
        clock = self._client.clock
        deadline = clock.monotonic() + self._client.settings.request_budget_s
        attempt, lost = 0, None
        while True:
            attempt += 1
            ended = await self._try(operation, lost, trace)
            if isinstance(ended, Ending):
                return ended
            lost, pause_s = ended, wait_s(attempt, ended)
            if clock.monotonic() + pause_s >= deadline:
                raise OutcomeUnknown(
                    f"{lost.message}; a look showed no team, and the next run looks again",
                    status=lost.status,
                )
            await clock.sleep(pause_s)

    async def _try(
        self, operation: TeamOperation, lost: TargetError | None, trace: Trace
    ) -> Ending | TargetError:
        """Create once, looking before a repetition and after a lost answer.

        Names may repeat at many targets and searches lag behind writes: hence both looks.

        Args:
            operation: A create.
            lost: What the attempt before ended with, if its answer was lost.
            trace: Where exchanges are noted.

        Returns:
            The end; or the error, when the answer was lost and no team is to be seen.
        """
        if lost is not None and (found := await self._search(operation, lost.message, trace)):
            return _settled(operation, found)
        try:
            answered = await self._groups.create(_resource(operation), trace=trace)
        except UniquenessConflict as error:
            return await self._taken(operation, error, lost is not None, trace)
        except TargetError as error:
            if not is_ambiguous(error):
                raise
            found = await self._search(operation, error.message, trace)
            return _settled(operation, found) if found else error
        return await self._answered(operation, answered, trace)

    async def _answered(
        self, operation: TeamOperation, answered: Resource | None, trace: Trace
    ) -> Ending:
        """Hold the team against what was meant: as answered, else as read anew."""
        if answered is None:
            cause = "the target answered success without a team"
            found = await self._search(operation, cause, trace)
            if not found:
                return Ending(OutcomeResult.FAILED, detail=f"{cause}, and shows none")
            return _settled(operation, found)
        team_id = resource_id(answered)
        if not _is_named(answered, operation):
            try:
                answered, _ = await self._groups.get(team_id, trace=trace)
            except (TargetUnavailable, AnswerUnreadable) as error:
                raise OutcomeUnknown(
                    f"made; then the team could not be read: {error.message}", status=error.status
                ) from None
        if not _is_named(answered, operation):
            return Ending(
                OutcomeResult.FAILED,
                team_id,
                detail="the target answered success and did not take over: displayName",
                not_retained=("displayName",),
            )
        return _made(OutcomeResult.APPLIED, operation, answered)

    async def _taken(
        self, operation: TeamOperation, error: TargetRefused, unanswered: bool, trace: Trace
    ) -> Ending:
        """The name is taken: by our own write without an answer, or by somebody else."""
        found: Sequence[Resource] = ()
        for attempt in range(1, (LOOKS_FOR_OWN if unanswered else 1) + 1):
            found = await self._search(operation, error.message, trace)
            if found:
                break
            await self._client.clock.sleep(wait_s(attempt, error))
        if found and unanswered:
            return _settled(operation, found)
        if found:
            return _conflict(found, "a team of this name was made meanwhile")
        return Ending(
            OutcomeResult.UNKNOWN if unanswered else OutcomeResult.FAILED,
            detail="the target says that the name is taken, and shows no team that has it",
        )

    async def _search(
        self, operation: TeamOperation, cause: str, trace: Trace
    ) -> Sequence[Resource]:
        """Look for a team that we may have made; where that fails, its end is not known."""
        try:
            return await self._groups.find(operation.name, trace=trace)
        except (TargetUnavailable, TargetRefused, AnswerUnreadable) as error:
            raise OutcomeUnknown(
                f"{cause}; then it could not be looked up: {error.message}", status=error.status
            ) from None


def _resource(operation: TeamOperation) -> dict[str, Any]:
    resource: dict[str, Any] = {"schemas": [GROUP_SCHEMA], "displayName": operation.name}
    if operation.external_id is not None:
        resource["externalId"] = operation.external_id
    return resource


def _is_named(resource: Resource, operation: TeamOperation) -> bool:
    return folded_name(read_team(resource).name) == folded_name(operation.name)


def _settled(operation: TeamOperation, found: Sequence[Resource]) -> Ending:
    """A team was found after a write without an answer: ours, unless it says that it is not.

    When the plan was made no team had this name, and every team had been read.
    """
    if len(found) > 1:
        return _conflict(found, "several teams have this name now")
    external_id = read_team(found[0]).external_id
    if operation.external_id is not None and external_id not in (None, operation.external_id):
        return _conflict(found, "the team of this name has another externalId")
    return _made(OutcomeResult.SETTLED, operation, found[0])


def _made(result: OutcomeResult, operation: TeamOperation, resource: Resource) -> Ending:
    named = ", ".join(operation.written)
    return Ending(result, resource_id(resource), operation.name, verified=f"as meant: {named}")


def _conflict(found: Sequence[Resource], reason: str) -> Ending:
    detail = f"{reason} ({resource_id(found[0])}): a person has to decide"
    return Ending(OutcomeResult.CONFLICT, detail=detail)
