"""The commented scimflow.yaml that `scimflow init` writes, from what the contracts know."""

from dataclasses import dataclass

from data_contracts.export_contract import ExportContract, WorkerField

PRODUCTBOARD_URL = "https://api.productboard.com/scim/v2"


@dataclass(frozen=True, slots=True)
class StarterSource:
    """One export that the settings will read.

    Attributes:
        name: Its name in the settings.
        contract: Its contract.
        reference: How the settings name the contract: a published name, or a file.
        path: The export's path or pattern, as the settings will have it.
        live: The section of a system that is asked instead, as YAML; empty for a file.
    """

    name: str
    contract: ExportContract
    reference: str
    path: str
    live: tuple[str, ...] = ()

    def means(self, field: WorkerField) -> str | None:
        """The column that means this, if there is one."""
        return self.contract.meanings.get(field)


@dataclass(frozen=True, slots=True)
class Starter:
    """What is known when settings are begun.

    Attributes:
        employment: The HR export.
        login: The IdP export, if there is one.
        target_name: Name of the target.
        base_url: Where its users are.
        token_env: Environment variable that will hold the token.
        time_zone: The company's zone.
    """

    employment: StarterSource
    login: StarterSource | None
    target_name: str
    base_url: str
    token_env: str
    time_zone: str


def starter_settings(starter: Starter) -> str:
    """Write the settings, with comments for whoever edits them.

    Args:
        starter: What is known.

    Returns:
        YAML that `load_configuration` accepts.
    """
    return "\n".join(
        (
            "# Settings of scimflow. Every key: docs/settings.md, `scimflow config schema`.",
            "version: 1",
            "",
            *_sources(starter),
            *_lifecycle(starter),
            *_scope(starter),
            *_mapping(starter),
            *_roles(starter),
            *_target(starter),
            *_teams(starter),
            *_guardrails(),
        )
    )


def left_to_fill_in(starter: Starter, environment_has_token: bool) -> tuple[str, ...]:
    """Say what a person still has to decide, one sentence each."""
    texts = []
    if not environment_has_token:
        texts.append(f"put the target's access token into the environment: {starter.token_env}")
    if _login_column(starter) is None:
        texts.append(
            "mapping.userName: no column holds a login or an e-mail address; the template there "
            "is a guess"
        )
    if starter.login is not None:
        texts.append("merge: check which columns name the same person in both exports")
    elif WorkerField.EXTERNAL_ID not in starter.employment.contract.meanings:
        texts.append(
            "mapping.externalId: the IdP's immutable id belongs there; HR's number stands in for it"
        )
    texts += [
        "scope: whose accounts are managed (everybody in the export, until you say otherwise)",
        "roles: who gets which role, and which roles are paid",
        "target.protected: accounts that must never be touched (a break-glass admin)",
        "guardrails: how much one run may change before somebody has to approve",
    ]
    return tuple(texts)


def _sources(starter: Starter) -> list[str]:
    lines = ["# ---- which exports are read", "sources:"]
    for source, authority in ((starter.employment, "employment"), (starter.login, "login")):
        if source is None:
            continue
        lines += [
            f"  {source.name}:",
            f"    contract: {source.reference}",
            *_where(source),
            f"    authority: {authority}",
        ]
        if authority == "employment":
            whole = "true" if source.contract.complete_roster else "false"
            lines.append(
                f"    complete_roster: {whole}   # true: who is absent from the export has left"
            )
    if starter.login is not None:
        lines += ["merge:   # which columns name the same person; tried in order"]
        lines += [f"  - {{employment: {_quoted(ours)}, login: {_quoted(theirs)}}}"
                  for ours, theirs in _merge_pairs(starter.employment, starter.login)]  # fmt: skip
    return [*lines, ""]


def _where(source: StarterSource) -> list[str]:
    if source.live:
        return ["    live:   # docs/live.md", *(f"      {line}" for line in source.live)]
    return [f"    path: {_quoted(source.path)}   # a pattern reads the newest: exports/hr-*.csv"]


def _merge_pairs(employment: StarterSource, login: StarterSource) -> list[tuple[str, str]]:
    pairs = [
        (WorkerField.EMPLOYEE_NUMBER, WorkerField.EMPLOYEE_NUMBER),
        (WorkerField.WORKER_ID, WorkerField.EMPLOYEE_NUMBER),
        (WorkerField.EMAIL, WorkerField.EMAIL),
        (WorkerField.EMAIL, WorkerField.USER_NAME),
    ]
    found: dict[tuple[str, str], None] = {}
    for ours, theirs in pairs:
        left, right = employment.means(ours), login.means(theirs)
        if left and right:
            found[(left, right)] = None
    return list(found) or [("FILL IN", "FILL IN")]


def _lifecycle(starter: Starter) -> list[str]:
    return [
        "# ---- when somebody has an account",
        "lifecycle:",
        f"  time_zone: {starter.time_zone}   # where days begin and end",
        "  prehire_days: 0        # so many days before the first day of work",
        "  on_leave: keep         # or deactivate",
        "  suspended: deactivate  # or keep",
        "",
    ]


def _scope(starter: Starter) -> list[str]:
    column = starter.employment.means(WorkerField.DEPARTMENT)
    shown = "department" if column else "COLUMN"
    types = []
    if starter.employment.means(WorkerField.EMPLOYEE_TYPE):
        types = ["#         - {column: employee_type, operator: not_in, values: [Guest]}"]
    return [
        "# ---- whose accounts are managed: groups OR, clauses AND; none: everybody",
        "scope: {}",
        "#   any_of:",
        "#     - all_of:",
        f"#         - {{column: {shown}, operator: in, values: [Product, Engineering]}}",
        *types,
        "",
    ]


def _login_column(starter: Starter) -> str | None:
    sources = [s for s in (starter.login, starter.employment) if s is not None]
    for field in (WorkerField.USER_NAME, WorkerField.EMAIL):
        if any(source.means(field) for source in sources):
            return str(field)
    return None


def _mapping(starter: Starter) -> list[str]:
    sources = [s for s in (starter.employment, starter.login) if s is not None]

    def known(field: WorkerField) -> bool:
        return any(source.means(field) for source in sources)

    login = _login_column(starter)
    lines = ["# ---- what becomes which attribute of the SCIM User", "mapping:"]
    if login:
        lines.append(f"  userName: {{column: {login}, apply: [trim, lower]}}")
    else:
        lines.append(
            '  userName: {template: "{given_name}.{family_name}@example.com", '
            "apply: [ascii, lower]}   # FILL IN"
        )
    external = "external_id" if known(WorkerField.EXTERNAL_ID) else "worker_id"
    lines.append(f"  externalId: {external}")
    plain = (
        ("name.givenName", WorkerField.GIVEN_NAME),
        ("name.familyName", WorkerField.FAMILY_NAME),
        ("title", WorkerField.TITLE),
        ("enterprise.department", WorkerField.DEPARTMENT),
        ("enterprise.division", WorkerField.DIVISION),
        ("enterprise.employeeNumber", WorkerField.WORKER_ID),
    )
    if known(WorkerField.GIVEN_NAME) and known(WorkerField.FAMILY_NAME):
        lines.append('  displayName: {template: "{given_name} {family_name}"}')
    if known(WorkerField.EMAIL):
        lines.append("""  'emails[type eq "work"].value': {column: email, apply: [trim, lower]}""")
    lines += [f"  {path}: {field}" for path, field in plain if known(field)]
    return [*lines, *_manager(starter.employment), ""]


def _manager(employment: StarterSource) -> list[str]:
    """Managers, to be switched on where the target keeps them."""
    column = employment.means(WorkerField.MANAGER)
    if column is None:
        return []
    named_by = _pointed_at(employment.contract, column)
    reference = "manager" if named_by == "worker_key" else f"{{column: manager, by: {named_by}}}"
    return [
        "  # Where the target keeps managers: the id of the manager's account there.",
        f"  # enterprise.manager.value: {{account_of: {reference}}}",
    ]


def _pointed_at(contract: ExportContract, column: str) -> str:
    """By what a column names other workers, as `managerBy` or `relationships` in it say."""
    if contract.manager_by is not None:
        named_by = contract.manager_by
        words = {WorkerField.WORKER_ID: "worker_key", WorkerField.DISPLAY_NAME: "name"}
        return words.get(named_by, str(named_by))
    for rule in contract.rules:
        if rule.expectation == "expect_column_value_to_exist_in" and rule.columns[0] == column:
            other = rule.columns[1]
            if other == contract.key:
                return "worker_key"
            by_column = {name: str(field) for field, name in contract.meanings.items()}
            return by_column.get(other, "FILL IN")
    return "FILL IN"


def _roles(starter: Starter) -> list[str]:
    return [
        "# ---- who gets which role: the first rule that holds, else the default",
        "roles:",
        "  default: contributor",
        "#   rules:",
        "#     - role: maker",
        "#       any_of: [{all_of: [{column: department, value: Product}]}]",
        "",
    ]


def _target(starter: Starter) -> list[str]:
    return [
        "# ---- the SCIM service",
        "target:",
        f"  name: {starter.target_name}",
        f"  base_url: {starter.base_url}",
        "  auth:",
        f"    token_env: {starter.token_env}   # the variable's name, never the token",
        "  protected: []   # userNames and account ids that are never touched",
        "",
    ]


def _teams(starter: Starter) -> list[str]:
    column = starter.employment.means(WorkerField.DEPARTMENT)
    return [
        "# ---- teams at the target; left alone until the section is there (docs/teams.md)",
        "# teams:",
        f"#   column: {'department' if column else 'COLUMN'}",
        "",
    ]


def _guardrails() -> list[str]:
    return [
        "# ---- how much one run may change before somebody has to approve",
        "guardrails:",
        "  deactivations: {max: 50, max_fraction: 0.05}",
        "  creates: {max: 500}",
        "  updates: {max: 1000, max_fraction: 0.5}",
        "  role_upgrades: {max: 10}",
        "  source_shrinkage: {max_fraction: 0.1}",
        "",
    ]


def _quoted(text: str) -> str:
    """Text as YAML, quoted where it needs to be."""
    plain = text.replace("/", "").replace("-", "").replace("_", "").replace(".", "")
    if plain.isalnum() and not plain.isdigit():
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
