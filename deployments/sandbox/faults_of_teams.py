"""Faults of teams: members that are not shown, and removals that are not understood."""

from collections.abc import Callable
from typing import Any

import orjson

from deployments.sandbox.exchange import Answer, Exchange, read_json_object
from deployments.sandbox.strike import FaultRegistry, Proceed, Strike, error, without

fault = FaultRegistry()

Operation = dict[str, Any]


def on_team_list(exchange: Exchange) -> bool:
    """A list of teams."""
    return exchange.path == "/Groups" and exchange.method == "GET"


def on_removal(exchange: Exchange) -> bool:
    """A PATCH of one team that removes members by a value path."""
    if exchange.method != "PATCH" or not exchange.path.startswith("/Groups/"):
        return False
    return any(map(_removes, read_json_object(exchange.body).get("Operations", [])))


def on_member_change(exchange: Exchange) -> bool:
    """A PATCH of one team's members."""
    if exchange.method != "PATCH" or not exchange.path.startswith("/Groups/"):
        return False
    operations = read_json_object(exchange.body).get("Operations", [])
    return any(str(each.get("path", "")).startswith("members") for each in operations)


def _removes(operation: Operation) -> bool:
    return str(operation.get("path", "")).startswith("members[")


def _each_operation(exchange: Exchange, keep: Callable[[Operation], bool]) -> None:
    request = read_json_object(exchange.body)
    request["Operations"] = [each for each in request["Operations"] if keep(each)]
    exchange.body = orjson.dumps(request)


@fault("members-not-listed", on_team_list)
async def _members_not_listed(strike: Strike, proceed: Proceed) -> Answer:
    """A list shows teams without members; a single team has them.

    Source: RFC 7644 section 3.9 and AWS IAM Identity Center's SCIM guide (ListGroups: no members)
    """
    answer = await proceed()
    if answer.status != 200:
        return answer
    page = answer.document()
    teams = [without(team, "members") for team in page["Resources"]]
    return answer.replaced({**page, "Resources": teams})


@fault("removal-ignored", on_removal)
async def _removal_ignored(strike: Strike, proceed: Proceed) -> Answer:
    """A member removed by a value path stays, and the answer is a success.

    Source: https://github.com/goauthentik/authentik/issues/25686
    """
    _each_operation(strike.exchange, lambda each: not _removes(each))
    return await proceed()


@fault("member-paths-refused", on_removal)
async def _member_paths_refused(strike: Strike, proceed: Proceed) -> Answer:
    """Value paths of members are not understood: 400 without scimType, nothing is stored.

    Source: https://github.com/simpleidserver/SimpleIdServer/issues/696
    """
    return error(400, "the path is not supported")


@fault("add-ignored", on_member_change)
async def _add_ignored(strike: Strike, proceed: Proceed) -> Answer:
    """Members that a PATCH adds are not, and the answer is a success.

    Source: https://github.com/open-webui/open-webui/issues/30074 (PATCH add is ignored)
    """
    _each_operation(strike.exchange, lambda each: each.get("op") != "add")
    return await proceed()
