"""Carrying a plan out: each operation intended, written, verified, and its outcome kept.

I/O through `tasks.scim` and a journal that is handed in. One person's failure is that person's
outcome; only a target that is ill, a refused token or a lost ledger ends a load early.
"""
