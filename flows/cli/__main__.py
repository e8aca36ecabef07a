"""`python -m flows.cli` is `scimflow`."""

from flows.cli import main

if __name__ == "__main__":
    main()
