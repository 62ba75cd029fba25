"""The results of decisions: what a pod does next. Nothing here looks at anything."""
import re
from collections import namedtuple

# Keys of the ring record that name no member.
RESERVED = ("forming", "formed", "moving", "superuser", "repairing", "repairs", "cleanup")
# Prefixes of keys that are followed by a member: a repair that it owes, and the time since which its ranges count as repaired.
OWED, REPAIRED = "repair.", "repaired."
# Time of a repair that never was.
NEVER = "1970-01-01T00:00:00Z"
HOST_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# Wait, log the reason, decide again.
Wait = namedtuple("Wait", "reason")
# Start Cassandra. `mode` is bootstrap_ring (first ring), bootstrap (join by streaming), replace (take a lost member's place) or restart.
# `lost_address` is the address of the replaced member. `undo_decommission` cancels an interrupted decommission.
Start = namedtuple("Start", "mode seeds lost_address undo_decommission", defaults=("", False))
# Write entries to the ring record (None deletes one), unless somebody has written since the record was read.
WriteRecord = namedtuple("WriteRecord", "changes wait_reason", defaults=("",))
# Write the phase to the disk.
WritePhase = namedtuple("WritePhase", "phase")
# Empty the disk.
Wipe = namedtuple("Wipe", "reason")
# Delete the ring record's entries: every pod reports again that its disk is empty.
StartOver = namedtuple("StartOver", "reason")
# End the pod: `how` is `exit`, `drain`, `decommission` or `restart cassandra`.
Terminate = namedtuple("Terminate", "how reason", defaults=("",))

# Next step of a decommission.
LEFT = "left"  # the member has left: record it, on the disk first
WATCH = "watch"  # Cassandra is decommissioning, whoever began it: look again
DECOMMISSION = "decommission"  # run `nodetool decommission`
UNABLE = "unable"  # Cassandra cannot decommission in its mode


def is_member_entry(entry):
    """Whether an entry of the ring record is a member's: `<host ID> <address>`."""
    return bool(re.fullmatch(HOST_ID + r" \S+", entry or ""))


def is_entering(phase):
    """Whether a bootstrap or a replacement was begun on a disk. The disk may then hold a member that the record does not know yet."""
    return phase in ("joins", "joined") or phase.startswith("replaces ")


def record_unreadable(view):
    return Wait(
        "ConfigMap %s (the ring record) must be readable before this pod can start. Check the API server and the pods' Role (%s)"
        % (view.record_name, view.no_answer)
    )


def record_unwritable(view):
    return "ConfigMap %s (the ring record) must be writable. Check the API server and the pods' Role" % view.record_name


def how_to_discard(view):
    """How a person gives up the data of a disk, so that its pod joins as a new member."""
    if view.disk == "node":
        return "empty the folder on the node and delete this pod"
    return "delete this pod" if view.disk == "pod" else "delete the PersistentVolumeClaim and this pod"
