"""From checked batches to desired users: merge, lifecycle, scope, mapping, roles.

Pure column operations: no I/O, no clock; the day is an argument.
"""
