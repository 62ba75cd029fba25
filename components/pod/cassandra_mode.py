"""The mode of the running Cassandra."""
import system
import volume
from state_log import StateLog


def state_log():
    return StateLog(volume.read_note(volume.STATE_LOG))


def mode():
    """The mode that Cassandra itself reports, from its state log, else from nodetool; empty while it reports none."""
    logged = state_log().mode
    if logged:
        return logged
    _, output, _ = system.nodetool("netstats")
    return next((line[6:].strip() for line in output.split("\n") if line.startswith("Mode: ")), "")
