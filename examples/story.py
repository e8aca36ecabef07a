"""Whose days the demo lives: which exports arrive when, and how each command on them must end."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Day:
    """One morning: which exports arrive, and how the commands on them must end."""

    as_of: str
    story: str
    files: tuple[str, ...]
    commands: tuple[tuple[tuple[str, ...], int], ...]


@dataclass(frozen=True, slots=True)
class Company:
    """An example folder, and what is lived with it."""

    folder: str
    name: str
    about: str
    days: tuple[Day, ...]
    seed: str | None = None


SYNC = ("sync",)
TERN = Company(
    "tern",
    "Tern & Vale",
    "a made-up company of 64 people: BambooHR, Okta, and a workspace in use",
    (
        Day(
            "2026-03-02",
            "Monday, the first run. Eight accounts are there already and come under management; "
            "everybody else gets one.",
            ("hr-2026-03-02.csv", "idp-2026-03-02.csv"),
            ((("check", "hr"), 0), (SYNC, 0)),
        ),
        Day(
            "2026-03-03",
            "Tuesday: joiners, movers, a new name, leavers, a leave of absence, two rehires, and "
            "five rows that break their contracts.",
            ("hr-2026-03-03.csv", "idp-2026-03-03.csv"),
            ((SYNC, 0), (("explain", "00046"), 0)),
        ),
        Day(
            "2026-03-04",
            "Wednesday: HR's report broke off in the middle, and half of the people are missing.",
            ("hr-2026-03-04.csv", "idp-2026-03-04.csv"),
            ((SYNC, 3),),
        ),
    ),
    seed="accounts.json",
)
HRIS = Company(
    "hris-demo",
    "midPoint's demo company",
    "real files of another product: no e-mail addresses, no IdP",
    (
        Day(
            "2026-03-02",
            "The first export: 40 employees, of whom two have left, and ten contractors.",
            ("hris-1-export-initial.csv",),
            ((SYNC, 0),),
        ),
        Day(
            "2026-03-03",
            "The second export has a column more: the state where people work.",
            ("hris-2-initial-data.csv",),
            ((SYNC, 0), (("drift",), 0)),
        ),
    ),
)

COMPANIES = (TERN, HRIS)
