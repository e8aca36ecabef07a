"""Strategies of small worlds in which names, addresses, ids and links collide on purpose."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from data_contracts.plan import Plan
from data_contracts.words import BatchVerdict, OperationKind
from tests.builders import ROLE, WORK_EMAIL, World, quarantined

Row = dict[str, Any]

PEOPLE = 12
KEYS = [f"w{i}" for i in range(PEOPLE)]
ADDRESSES = [f"w{i}@x" for i in range(PEOPLE)] + ["W1@X ", "zoë@x", "Zoe\u0308@x"]
EXTERNAL_IDS = [f"x{i}" for i in range(PEOPLE)] + ["X1"]
NUMBERS = [str(i) for i in range(PEOPLE)]
DAYS = ["2020-01-01", "2026-03-01", "2026-03-02", "2026-03-03", "2026-03-20"]
STATES = ["active"] * 6 + ["leaver", "future", "on_leave", "suspended"]
ROLES = ["viewer", "contributor", "maker", "admin", "Admin", "board"]

LIFECYCLES = [
    "",
    "",
    "lifecycle: {prehire_days: 5, on_leave: deactivate, reactivate: ours}",
    "lifecycle: {suspended: keep, absent: keep, reactivate: never}",
]
SCOPES = [
    "",
    "scope: {any_of: [{all_of: [{column: employee_type, value: FTE}]}]}",
    "scope: {any_of: [{all_of: [{column: employee_type, value: FTE}]}], on_exit: deactivate}",
]
MAPPINGS = [
    "",
    "mapping: {title: {column: title, clear_when_empty: true}}",
    "{mapping: {externalId: null, title: {column: title, when: create}}}",
    "{roles: {default: maker}, target: {not_kept: [title]}}",
]
PROTECTIONS = ["", "target: {protected: ['W7@x', a2]}"]
GUARDRAILS = [
    "",
    "guardrails: {deactivations: {max: 1}, creates: {max: 2}, updates: {max: 1}, seats: 1}",
    "guardrails: {deactivations: {max_fraction: 0.5, small_population: 2, max_when_small: 0}}",
]
ROOMS = [
    "mapping: {title: badges.room}",
    "mapping: {title: {column: badges.title, clear_when_empty: true}}",
    "{mapping: {displayName: badges.room}, roles: {default: viewer, rules: [{role: maker, "
    "any_of: [{all_of: [{column: badges.room, value: R1}]}]}]}}",
]
LOGINS = "mapping: {userName: user_name, externalId: external_id}"


def maybe(values: list[str]) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, *values])


def mostly(own: str, others: list[str]) -> st.SearchStrategy[str | None]:
    """What belongs to the person; now and then nothing, or what is somebody else's."""
    return st.integers(0, 9).flatmap(lambda n: maybe(others) if n == 0 else st.just(own))


@st.composite
def some_people(draw: st.DrawFn, *, unique: bool) -> list[int]:
    """Who is there; hypothesis alone likes short lists, in which nothing meets."""
    size = draw(st.sampled_from([0, 3, 6, 9, PEOPLE]))
    people = st.integers(0, PEOPLE - 1)
    return draw(st.lists(people, unique=unique, min_size=size, max_size=size))


@st.composite
def employment_rows(draw: st.DrawFn) -> list[Row]:
    """Up to twelve workers; now and then one has two employments."""
    people = draw(some_people(unique=False))
    return [
        {
            "_line": line,
            "_state": draw(st.sampled_from(STATES)),
            "id": KEYS[i],
            "number": draw(mostly(NUMBERS[i], NUMBERS)),
            "ext": draw(mostly(EXTERNAL_IDS[i], EXTERNAL_IDS)),
            "email": draw(mostly(ADDRESSES[i], ADDRESSES)),
            "given": draw(maybe(["Ann"])),
            "title": draw(maybe(["PM", "Lead", " PM "])),
            "type": draw(st.sampled_from(["FTE"] * 4 + ["TEMP", None])),
            "hire": draw(st.sampled_from([None, *["2020-01-01"] * 4, *DAYS])),
            "last": draw(st.sampled_from([*[None] * 8, *DAYS])),
        }
        for line, i in enumerate(people, 2)
    ]


@st.composite
def login_rows(draw: st.DrawFn) -> list[Row] | None:
    """Rows of the login source, or no such source."""
    if draw(st.booleans()):
        return None
    people = draw(some_people(unique=True))
    return [
        {
            "_line": line,
            "_state": draw(st.sampled_from(["active", "active", "suspended", "leaver"])),
            "uid": EXTERNAL_IDS[i],
            "login": draw(mostly(ADDRESSES[i], ADDRESSES)),
            "mail": draw(mostly(ADDRESSES[i], ADDRESSES)),
            "number": draw(mostly(NUMBERS[i], NUMBERS)),
        }
        for line, i in enumerate(people, 2)
    ]


@st.composite
def badge_rows(draw: st.DrawFn) -> list[Row] | None:
    """Rows of a source that gives attributes alone, or mostly no such source."""
    if draw(st.integers(0, 2)):
        return None
    people = draw(some_people(unique=True))
    return [
        {
            "_line": line,
            "_state": "active",
            "badge": f"b{i}",
            "person": draw(mostly(NUMBERS[i], NUMBERS)),
            "room": draw(maybe(["R1", "R2"])),
            "title": draw(maybe(["Porter"])),
        }
        for line, i in enumerate(people, 2)
    ]


@st.composite
def present_accounts(draw: st.DrawFn) -> list[Row]:
    """Up to twelve accounts; servers keep userName unique, not all of these do."""
    people = draw(some_people(unique=True))
    return [
        {
            "id": f"a{i}",
            "userName": draw(mostly(ADDRESSES[i], ADDRESSES)) or f"service{i}",
            "externalId": draw(st.none() | mostly(EXTERNAL_IDS[i], EXTERNAL_IDS)),
            WORK_EMAIL: draw(mostly(ADDRESSES[i], ADDRESSES)),
            "name.givenName": draw(maybe(["Ann", "Bo"])),
            "title": draw(maybe(["PM", "Boss"])),
            ROLE: draw(maybe(ROLES)),
            "active": draw(st.sampled_from([True, True, False])),
        }
        for i in people
    ]


@st.composite
def account_links(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Whose account is whose, for some; of some the worker or the account is gone."""
    linked = draw(some_people(unique=True))
    workers, accounts = [KEYS[i] for i in linked], [f"a{i}" for i in linked]
    if len(linked) > 2 and draw(st.booleans()):
        workers[0], accounts[1] = "gone", "gone"
        accounts[2], accounts[0] = accounts[0], accounts[2]
    return list(zip(workers, accounts, strict=True))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Both sides, the ledger, the settings."""
    idp, badges = draw(login_rows()), draw(badge_rows())
    sources = ["hr", *(["idp"] if idp is not None else []), *(["badges"] if badges else [])]
    held = draw(
        st.lists(
            st.builds(
                quarantined,
                maybe(["w1", "W2 ", "w3", "gone"]),
                st.sampled_from(["", "W4@x", "X5", "6"]),
                source=st.sampled_from(sources),
            ),
            max_size=2,
        )
    )
    variants = [LIFECYCLES, SCOPES, MAPPINGS, PROTECTIONS, GUARDRAILS]
    conf = [draw(st.sampled_from(each)) for each in variants]
    if idp is not None and draw(st.booleans()):
        conf.insert(0, LOGINS)
    if badges is not None:
        conf.append(draw(st.sampled_from(ROOMS)))
    return World(
        hr=draw(employment_rows()),
        idp=idp,
        badges=badges,
        badges_verdict=draw(st.sampled_from([*[BatchVerdict.ACCEPTED] * 3, *BatchVerdict])),
        accounts=draw(present_accounts()),
        links=draw(account_links()),
        conf=conf,
        held=held,
        complete_roster=draw(st.sampled_from([True] * 4 + [False])),
        complete_read=draw(st.sampled_from([True] * 7 + [False])),
        deactivated_by_us=draw(st.sets(st.sampled_from(KEYS), max_size=3)),
        previous_rows=draw(st.sampled_from([{}, {"hr": 4}])),
    )


def applied(world: World, plan: Plan) -> World:
    """Carry a plan out: the target takes over what is written, the ledger keeps links."""
    accounts = {str(row["id"]): dict(row) for row in world.accounts}
    links, ours = dict(world.links), set(world.deactivated_by_us)
    for adoption in plan.adoptions:
        if adoption.taken_from is not None:
            del links[adoption.taken_from]
            ours -= {adoption.taken_from}
            ours |= {adoption.worker_key} if adoption.left else set()
        links[adoption.worker_key] = adoption.account_id
    for operation in plan.operations:
        account = operation.account_id or f"new-{operation.worker_key}"
        flat = accounts.setdefault(account, {"id": account})
        flat |= {path: value or None for path, value in operation.attributes.items()}
        flat["active"] = bool(flat.get("active"))
        links[operation.worker_key] = account
        if operation.kind is OperationKind.DEACTIVATE:
            ours.add(operation.worker_key)
        else:
            ours.discard(operation.worker_key)
    return replace(
        world,
        accounts=list(accounts.values()),
        links=list(links.items()),
        deactivated_by_us=ours,
    )
