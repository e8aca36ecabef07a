"""SCIM 2.0 User resources as values: which attributes exist, how paths are written and read.

Pure. RFC 7643 (core schema) sections 4.1 and 4.3, RFC 7644 (protocol) section 3.10 for paths.
"""
