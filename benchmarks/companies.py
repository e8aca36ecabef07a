"""Made-up companies of any size, as exports: seeded, so that every run measures the same rows."""

import csv
import random
from pathlib import Path

HEADER = (
    "Employee #", "First Name", "Last Name", "Work Email", "Job Title", "Department", "Division",
    "Location", "Employment Status", "Hire Date", "Termination Date", "Supervisor ID",
    *(f"Extra {number}" for number in range(1, 9)),
)  # fmt: skip
"""20 columns: those of a BambooHR report, and eight that nobody asked for."""

FIRST = ("Ada", "Björn", "Chloé", "Dmitri", "Esra", "Femi", "Grace", "Hana", "Ivan", "José")
LAST = ("O'Neil", "Müller", "García", "Nowak", "Smith-Walker", "de Wries", "Okafor", "Tanaka")
TITLES = ("Engineer", "Designer", "Analyst", "Manager", "Director", "Writer", "Researcher")
DEPARTMENTS = ("Product", "Engineering", "Sales", "Support", "Finance", "People", "Legal")
SEED = 20260302


def write_company(path: Path, people: int, *, moved_fraction: float = 0.0, offset: int = 0) -> None:
    """Write an export.

    Args:
        path: The CSV file.
        people: How many rows.
        moved_fraction: Share of the people whose title is another one than without it.
        offset: Which of them: another share for each number.
    """
    chance = random.Random(SEED)
    every = round(1 / moved_fraction) if moved_fraction else 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(people):
            title = chance.choice(TITLES)
            if every and number % every == offset % every:
                title = f"Senior {title}"
            writer.writerow(
                (
                    f"{number:07d}",
                    chance.choice(FIRST),
                    chance.choice(LAST),
                    f"p{number}@company.example",
                    title,
                    chance.choice(DEPARTMENTS),
                    "Main",
                    "Zürich",
                    "Full-Time",
                    f"20{chance.randint(10, 24)}-{chance.randint(1, 12):02d}-01",
                    "",
                    f"{number // 10:07d}" if number else "",
                    *(f"value {column}" for column in range(8)),
                )
            )


SETTINGS = """
version: 1
sources:
  hr: {{contract: bamboohr-report, path: {export}}}
mapping:
  userName: {{column: email, apply: [trim, lower]}}
  externalId: worker_id
  name.givenName: given_name
  name.familyName: family_name
  displayName: {{template: "{{given_name}} {{family_name}}"}}
  'emails[type eq "work"].value': {{column: email, apply: [trim, lower]}}
  title: title
  enterprise.department: department
  enterprise.division: division
  enterprise.employeeNumber: worker_id
scope:
  any_of: [{{all_of: [{{column: department, operator: not_in, values: [Contractors]}}]}}]
roles:
  default: contributor
  rules: [{{role: maker, any_of: [{{all_of: [{{column: department, value: Product}}]}}]}}]
target:
  base_url: {base_url}
  auth: {{token_env: SCIMFLOW_BENCH_TOKEN}}
guardrails:
  creates: {{max: null}}
  updates: {{max: null, max_fraction: null}}
  role_upgrades: {{max: null}}
"""


def settings_text(export: Path, base_url: str = "http://127.0.0.1:1/scim/v2") -> str:
    """Settings that map the whole export."""
    return SETTINGS.format(export=export, base_url=base_url)
