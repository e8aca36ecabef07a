"""Options that the commands about quarantined rows share."""

from typing import Annotated

from cyclopts import Parameter

Run = Annotated[
    str | None,
    Parameter(
        help="A run, or the beginning of its id; the last one that read exports if not given."
    ),
]
Source = Annotated[str | None, Parameter(help="One source; all when not given.")]
Now = Annotated[
    bool, Parameter(negative="", help="Look at the exports at hand, instead of into a run.")
]
By = Annotated[str | None, Parameter(help="Who does it; the login name when not given.")]
Note = Annotated[str, Parameter(help="Why; goes to the ledger.")]
