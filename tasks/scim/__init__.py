"""The SCIM client: what is said (protocol, answers, changes, merge: no I/O), and how it is sent.

Only this package talks to the target. It knows one request at a time; what a person's operation
takes, and what a lost answer means for it, is known by `tasks.load`.
"""
