"""Invented members for a sandbox that should not start empty: the same number, the same people.

All names are common ones put together by number; all addresses are under example.com (RFC 2606).
"""

import uuid
from collections.abc import Iterator
from typing import Any

from deployments.sandbox.constants import CORE_USER, ENTERPRISE_USER

_GIVEN = (
    "Ada", "Ben", "Chloe", "David", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas",
    "Kofi", "Lena", "Mateo", "Nora", "Omar", "Priya", "Quinn", "Rosa", "Samir", "Tove",
)  # fmt: skip
_FAMILY = (
    "Abara", "Berg", "Costa", "Dvorak", "Eriksen", "Fischer", "Garcia", "Haddad", "Ito", "Jansen",
    "Kaya", "Lund", "Moreau", "Novak", "Okafor", "Park", "Quist", "Rossi", "Silva", "Tanaka",
    "Ueda", "Varga", "Weber",
)  # fmt: skip
_DEPARTMENTS = ("Product", "Engineering", "Design", "Sales", "Support", "Finance", "People")
_TITLES = ("Analyst", "Engineer", "Manager", "Designer", "Specialist")
_NAMESPACE = uuid.UUID("6f0f3c5e-8a77-4f0c-9a57-2a3c1d2b4e5f")  # arbitrary, fixed for stable ids


def made_up_users(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """That many stable ids with their Users, who have no role: they get the default one."""
    for number in range(1, count + 1):
        given = _GIVEN[number % len(_GIVEN)]
        family = _FAMILY[number % len(_FAMILY)]
        email = f"{given}.{family}.{number}@example.com".lower()
        user = {
            "schemas": [CORE_USER, ENTERPRISE_USER],
            "externalId": f"E{number:06}",
            "userName": email,
            "name": {
                "formatted": f"{given} {family}",
                "givenName": given,
                "familyName": family,
            },
            "displayName": f"{given} {family}",
            "title": _TITLES[number % len(_TITLES)],
            "active": number % 50 != 0,  # a few who have left
            "emails": [{"value": email, "type": "work", "primary": True}],
            ENTERPRISE_USER: {
                "employeeNumber": f"E{number:06}",
                "department": _DEPARTMENTS[number % len(_DEPARTMENTS)],
            },
        }
        yield str(uuid.uuid5(_NAMESPACE, str(number))), user
