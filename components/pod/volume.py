"""The disk of a member: Cassandra's files, and beside them the notes of these scripts.

The disk is a PersistentVolumeClaim, a folder of the node, or a folder of the pod. The file names are stored on disks of existing
rings: they never change.
"""
import os
import shutil

DATA = os.environ.get("CASSANDRA_DATA", "/var/lib/cassandra")

# Host ID of the member whose data is on this disk; written when the member has joined.
HOST_ID = "ring-member"
# What was begun on this disk and has not ended; decide_start.py lists the phases.
PHASE = "ring-way"
# Exists while the member must still repair its data.
REPAIR = "ring-repair"
# Lines that Cassandra logged of its own state (logback.xml), start by start.
STATE_LOG = "ring-states"
# Why Cassandra refused to start (logback.xml).
REFUSALS = "ring-refusals"
# Version of the Cassandra that wrote on this disk last.
VERSION = "ring-version"
# Address at which clients outside of the Kubernetes cluster reached this member at its last start (member_address.py).
ADDRESS = "ring-address"

# Folders in which Cassandra keeps data.
CASSANDRA_FOLDERS = ("data", "commitlog", "hints", "saved_caches", "cdc_raw")


def read_note(name):
    """Content of a note; empty where there is none."""
    try:
        with open(os.path.join(DATA, name)) as file:
            return file.read().strip()
    except OSError:
        return ""


def has_note(name):
    return os.path.exists(os.path.join(DATA, name))


def write_note(name, text):
    """Writes a note whole or not at all, also when the node loses its power."""
    path = os.path.join(DATA, name)
    with open(path + ".new", "w") as file:
        file.write(text + "\n" if text else "")
        file.flush()
        os.fsync(file.fileno())
    os.replace(path + ".new", path)
    folder = os.open(DATA, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def remove_blank_segments():
    """Removes segments of the commit log that hold nothing but zeros, and returns their names. Cassandra, which ends where the disk is full,
    may leave one before its first byte, and would refuse it at each later start. No write is acknowledged before its segment is on the disk
    from the first byte on."""
    removed = []
    for name in entries("commitlog"):
        path = os.path.join(DATA, "commitlog", name)
        if name.startswith("CommitLog-") and name.endswith(".log") and is_blank(path):
            os.remove(path)
            removed.append(name)
    return removed


def is_blank(path):
    with open(path, "rb") as file:
        return all(chunk.count(0) == len(chunk) for chunk in iter(lambda: file.read(1 << 20), b""))


def remove_note(name):
    try:
        os.remove(os.path.join(DATA, name))
    except FileNotFoundError:
        pass


def append_state(line):
    with open(os.path.join(DATA, STATE_LOG), "ab+") as file:
        # On a full disk, the last line may have been cut off.
        file.seek(0, os.SEEK_END)
        if file.tell():
            file.seek(-1, os.SEEK_END)
        cut_off = file.read(1) not in (b"", b"\n")
        file.write(("\n" if cut_off else "").encode() + line.encode() + b"\n")


# Bytes that must be free before Cassandra starts: a segment of the commit log.
ROOM = 32 << 20


def space():
    """Bytes of the disk that this user may use, and those of them that are free."""
    disk = os.statvfs(DATA)
    free = disk.f_bavail * disk.f_frsize
    return (disk.f_blocks - disk.f_bfree) * disk.f_frsize + free, free


def unwritable():
    """A file or folder of the disk in which this user may not write; empty where there is none. A pod that runs as another user than the
    pod before gets the files by its group (fsGroup), which not every kind of volume knows."""
    names = [""] + [name for name in entries("") if name.startswith("ring-") or name in CASSANDRA_FOLDERS]
    paths = (os.path.normpath(os.path.join(DATA, name)) for name in names)
    return next((path for path in paths if not os.access(path, os.W_OK)), "")


def has_data():
    """Whether Cassandra's system tables are on the disk."""
    for name in entries("data/system"):
        if name.startswith("local-") and os.listdir(os.path.join(DATA, "data/system", name)):
            return True
    return False


def entries(folder):
    """Names in a folder of the disk, sorted; none where there is no such folder."""
    try:
        return sorted(os.listdir(os.path.join(DATA, folder)))
    except OSError:
        return []


def wipe():
    """Empties the disk. The phase goes last: after an interruption, the next start empties the rest."""
    for name in CASSANDRA_FOLDERS:
        shutil.rmtree(os.path.join(DATA, name), ignore_errors=True)
    notes = [name for name in entries("") if name.startswith("ring-")]
    for name in sorted(notes, key=lambda name: name == PHASE):
        remove_note(name)
