"""`python -m deployments.sandbox --port 8765`."""

import sys

from cyclopts import CycloptsError

from deployments.sandbox.cli import USAGE_ERROR, app


def main() -> None:
    """Run the command and exit with its code; wrong usage is 64."""
    try:
        sys.exit(app(exit_on_error=False))
    except CycloptsError:
        sys.exit(USAGE_ERROR)  # cyclopts has printed what is wrong


if __name__ == "__main__":
    main()
