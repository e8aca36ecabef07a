"""From desired users and present accounts to a plan: correlation, diff, operations, guardrails.

Pure: no I/O, no clock, no random source. The same inputs give the same plan byte for byte.
"""
