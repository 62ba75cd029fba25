"""Files that last as long as the pod: its scratch folder, which its containers share one after another."""
import fcntl
import os

FOLDER = os.environ.get("TMPDIR", "/tmp")

# Process ID of Cassandra.
CASSANDRA_PID = "cassandra.pid"
# Locked while a decommission of `pulumi up` runs; the hook looks at the lock.
DECOMMISSION_LOCK = "decommission.lock"
# Why the last decommission of `pulumi up` failed; the hook reads it.
DECOMMISSION_FAILED = "decommission.failed"
# Locked while a process records that the member has left.
LEFT_LOCK = "note.lock"
# Exists once the pod is about to end, or its container to stop.
STOPPING = "stopping.note"
# Exists while Cassandra still remembers the ranges that an interrupted decommission of an earlier start has streamed.
STALE_TRANSFERS = "owes-forgetting"


def path(name):
    return os.path.join(FOLDER, name)


def read(name):
    """Content of a file; None where there is none."""
    try:
        with open(path(name)) as file:
            return file.read().strip()
    except OSError:
        return None


def write(name, text):
    with open(path(name), "w") as file:
        file.write(text + "\n")


def remove(name):
    try:
        os.remove(path(name))
    except FileNotFoundError:
        pass


def lock(name, waits):
    """A lock that this process holds until it closes the lock, or ends. Without `waits`, None where another process holds it."""
    file = open(path(name), "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        return file
    except OSError:
        file.close()
        return None
