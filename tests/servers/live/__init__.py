"""Stand-ins for systems that are asked for their people, on loopback.

Each answers as recorded or documented answers of its system do; none was held against a tenant.
"""
