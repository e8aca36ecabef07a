"""An account after a write, held against what was meant.

Pure. What is not taken over makes the operation fail, with the attributes' names; unless the target
is known to make its own value of them.
"""

from collections.abc import Mapping

from data_contracts.scim.resource import Resource, Value
from data_contracts.words import OutcomeResult
from tasks.load.ending import Ending, named, user_name_of
from tasks.load.projection import Projection
from tasks.scim.answers import resource_id


def as_seen(
    projection: Projection,
    resource: Resource,
    wanted: Mapping[str, Value],
    before: Mapping[str, Value | None],
) -> Ending:
    """The end of an operation that was written, by the account as it is now.

    Args:
        projection: Says what is compared.
        resource: The account as it is now.
        wanted: What was written, by path.
        before: What the account held before; nothing for a new one.
    """
    account_id = resource_id(resource)
    differing = projection.differing(resource, wanted)
    rewritten = projection.rewrites(account_id, resource, wanted, before, differing)
    expected = {rewrite.path for rewrite in rewritten if projection.is_habit(rewrite)}
    missing = tuple(path for path in differing if path not in expected)
    kept = tuple(path for path in projection.compared(wanted) if path not in differing)
    if missing:
        verified = f"not retained: {named(missing)}"
        detail = f"the target answered success and did not take over: {named(missing)}"
    else:
        own = f"; the target's own value, as always: {named(expected)}" if expected else ""
        verified, detail = f"as meant: {named(kept)}{own}", ""
    return Ending(
        OutcomeResult.FAILED if missing else OutcomeResult.APPLIED,
        account_id,
        user_name_of(resource),
        detail=detail,
        verified=verified,
        not_retained=missing,
        kept=kept,
        rewritten=rewritten,
    )
