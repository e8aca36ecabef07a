"""Faults of writes that are not what they seem."""

from dataclasses import replace

from deployments.sandbox.exchange import Answer, read_json_object
from deployments.sandbox.strike import (
    FaultRegistry,
    Proceed,
    Strike,
    error,
    on_create,
    on_update,
)

fault = FaultRegistry()


@fault("ignored-write", on_update)
async def _ignored_write(strike: Strike, proceed: Proceed) -> Answer:
    """200 with the unchanged user; the write never happened.

    Source: https://github.com/open-webui/open-webui/issues/30074 (PATCH add is ignored)
    """
    body = strike.stored_body
    return await proceed() if body is None else Answer(200, body)


@fault("stale-body", on_update)
async def _stale_body(strike: Strike, proceed: Proceed) -> Answer:
    """The write is applied, the answer shows the user as it was before.

    Source: https://github.com/open-webui/open-webui/issues/30074
    """
    before = strike.stored_body
    answer = await proceed()
    if before is None or answer.status != 200:
        return answer
    return replace(answer, body=before)


@fault("noop-patch-400", on_update)
async def _noop_patch(strike: Strike, proceed: Proceed) -> Answer:
    """A PATCH that changes nothing is refused with 400.

    Source: https://github.com/better-auth/better-auth/issues/8549
    """
    answer = await proceed()
    if strike.exchange.method != "PATCH" or answer.status >= 400 or strike.exchange.changed:
        return answer
    return error(400, "no valid fields to update")


@fault("deleted-user", on_update)
async def _deleted_user(strike: Strike, proceed: Proceed) -> Answer:
    """Somebody removed the user at the target just before: the update finds 404.

    Source: https://github.com/slashdevops/idp-scim-sync/issues/61
    """
    user_id = strike.exchange.path.rpartition("/")[2]
    if user_id in strike.users:  # no team is: who deletes one meant it
        strike.users.remove(user_id)
    return await proceed()


@fault("create-200", on_create)
async def _create_200(strike: Strike, proceed: Proceed) -> Answer:
    """A create answers 200.

    Source: https://github.com/FusionAuth/fusionauth-issues/issues/1775
    """
    answer = await proceed()
    return replace(answer, status=200) if answer.status == 201 else answer


@fault("create-202-without-id", on_create)
async def _create_202(strike: Strike, proceed: Proceed) -> Answer:
    """A create that fails inside answers 202 with a body without id; nothing is stored.

    Source: https://github.com/wso2/product-is/issues/25888
    """
    return Answer(202, b"{}")


@fault("create-upserts", on_create)
async def _create_upserts(strike: Strike, proceed: Proceed) -> Answer:
    """A create of a userName that exists overwrites that user and answers 200.

    Source: https://github.com/Metatavu/keycloak-scim-server/pull/114
    """
    user_name = read_json_object(strike.exchange.body).get("userName")  # a team has none
    ids = strike.users.ids_by_user_name(user_name) if isinstance(user_name, str) else ()
    if ids:
        strike.exchange.method, strike.exchange.path = "PUT", f"/Users/{ids[0]}"
    return await proceed()
