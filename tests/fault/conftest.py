"""Faults are about loads: what the rules say of the same small files is asked once."""

from tests.remembered_rules import remembered_rules

__all__ = ["remembered_rules"]
