"""The extract step [I/O]: readers of exports and contracts, and of the target's present accounts.

In: files and the target. Out: a `RawBatch` for each export, every cell as text and nothing
guessed, and a `TargetSnapshot`. Whether an export keeps its contract is not judged here.
"""
