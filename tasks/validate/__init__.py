"""The validate step [pure]: contracts held against batches.

In: a `RawBatch` and its `ExportContract`. Out: a `CheckedBatch` with the rows that go on, the rows
set aside with their reasons, and the verdict. Great Expectations runs the rules.
"""
