"""Options that many commands share."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

Config = Annotated[
    Path,
    Parameter(
        name=["--config", "-c"], env_var="SCIMFLOW_CONFIG", help="scimflow.yaml, or its folder."
    ),
]
AsJson = Annotated[
    bool, Parameter(name="--json", negative="", help="Write one JSON document to stdout.")
]
Day = Annotated[
    str | None,
    Parameter(name="--as-of", help="Day to work for, as 2026-03-02; today when not given."),
]
ShowValues = Annotated[
    bool,
    Parameter(
        name="--show-values",
        negative="",
        help="Show values of personal attributes too (the settings' report.show_values).",
    ),
]
Why = Annotated[str, Parameter(name="--note", help="Why; goes to the ledger.")]
DecidedBy = Annotated[
    str | None, Parameter(name="--by", help="Who decides; the login name when not given.")
]
DEFAULT_CONFIG = Path("scimflow.yaml")
