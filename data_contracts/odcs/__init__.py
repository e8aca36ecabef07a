"""Data contracts in the Open Data Contract Standard (ODCS 3.x), read strictly.

In: the YAML of a contract. Out: an `ExportContract`, or every problem of the file with its line.
What is ours and not the standard's is told in data_contracts/published/README.md.
"""

from data_contracts.odcs.contract import parse_contract

__all__ = ["parse_contract"]
