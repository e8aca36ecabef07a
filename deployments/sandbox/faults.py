"""How real SCIM servers fail: every fault that can be injected, by name.

Each is a small function that gets one request, may change it, may `proceed` to the honest answer,
and returns the answer that is sent. Its docstring names where the behaviour was met; `fault_plan`
decides when it strikes.
"""

from collections.abc import Mapping

from deployments.sandbox import (
    faults_of_bulk,
    faults_of_cursors,
    faults_of_reads,
    faults_of_teams,
    faults_of_transport,
    faults_of_writes,
)
from deployments.sandbox.strike import Fault

FAULTS: Mapping[str, Fault] = {
    **faults_of_transport.fault,
    **faults_of_bulk.fault,
    **faults_of_cursors.fault,
    **faults_of_reads.fault,
    **faults_of_writes.fault,
    **faults_of_teams.fault,
}
"""All faults by name, the outermost first: an answer loses its shape after the write behind it."""
