"""What a pod sees of the world around it, and what it can do there: processes, ports, names, the clock, its disk.

Nothing is decided here. Each function is one look or one deed, so that a test can put another in its place.
"""
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
DATA = os.environ.get("CASSANDRA_DATA", "/var/lib/cassandra")
SCRATCH = os.environ.get("TMPDIR", "/tmp")
CQL = 9042
GOSSIP = 7000

# Key of this pod in the ring record: its own name, or the name of its node where the disk is the node's.
MEMBER = os.environ["RING_MEMBER"]
ADDRESS = os.environ["POD_IP"]
UID = os.environ.get("POD_UID", "")
DATACENTER = os.environ.get("CASSANDRA_DC", "")

# Notes on the disk.
MARKER = "ring-member"  # host ID of the member whose rows this disk holds; there once it has joined
WAY = "ring-way"  # what was begun on this disk and has not ended; see decisions.py
REPAIR = "ring-repair"  # there while a repair is owed
STATES = "ring-states"  # what Cassandra itself has said of its state (logback.xml), life by life
REFUSALS = "ring-refusals"  # why it did not start
VERSION = "ring-version"  # of the Cassandra that was the last one to write on it


def say(*words):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    # In one write: several of these processes print to the same log.
    sys.stdout.write(now + " ring: " + " ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def sleep(seconds):
    time.sleep(seconds)


# Each look at the API of pods without ordinal lists all of them, and eight that wait would keep a core busy with it.
PAUSE = 1 if os.environ.get("POD_IDENTITY") == "ordinal" else 3
_last = {"word": "", "at": 0.0}


def wait_for(*words):
    """Says why this pod waits, once a minute or when the reason changes; returns after a pause."""
    word = " ".join(str(one) for one in words)
    if word != _last["word"] or time.monotonic() - _last["at"] >= 60:
        say("waiting:", word)
        _last.update(word=word, at=time.monotonic())
    sleep(PAUSE)


def listens(host, port):
    """Whether something accepts connections there. A member opens its CQL port once it is a NORMAL part of the ring: asking the
    port costs nothing, asking nodetool starts a Java."""
    try:
        socket.create_connection((host, port), timeout=2).close()
        return True
    except OSError:
        return False


def addresses(host):
    """Addresses that DNS knows for a name, in order; none where it does not answer."""
    try:
        return sorted({entry[4][0] for entry in socket.getaddrinfo(host, None, socket.AF_INET)})
    except OSError:
        return []


def run(command, stdin=""):
    """Runs a command. Returns its exit code, what it printed, and the last line of what it complained."""
    done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    return done.returncode, done.stdout, (done.stderr.strip() or done.stdout.strip()).split("\n")[-1]


def cassandra_version():
    """Version of the Cassandra in this image, whatever its tag says; empty where the names of its jars do not tell."""
    try:
        jars = os.listdir(os.path.join(os.environ.get("CASSANDRA_HOME", "/opt/cassandra"), "lib"))
    except OSError:
        return ""
    found = (re.match(r"(?:apache-cassandra|cassandra-all)-(\d+\.\d+.*)\.jar$", jar) for jar in jars)
    return next((one.group(1) for one in found if one), "")


def nodetool(*arguments):
    return run(["nodetool"] + list(arguments))


class Running:
    """A command that goes on beside this process."""

    def __init__(self, command):
        self.output = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT)

    def is_over(self):
        return self.process.poll() is not None

    def last_words(self):
        """The last line that it has printed."""
        self.output.seek(0)
        return self.output.read().strip().split("\n")[-1]


def end_cassandra():
    """Ends Cassandra at once, and with it the container, which Kubernetes then starts again; where the pod goes and its rows with it, process
    1 starts it anew."""
    cassandra = read_scratch("cassandra.pid")
    if cassandra:
        try:
            os.kill(int(cassandra), signal.SIGKILL)
        except ProcessLookupError:
            pass


# --- the disk -----------------------------------------------------------------------------------------------------------------


def read(name):
    """Content of a note on the disk; empty when there is none."""
    try:
        with open(os.path.join(DATA, name)) as file:
            return file.read().strip()
    except OSError:
        return ""


def is_there(name):
    return os.path.exists(os.path.join(DATA, name))


def write(name, text):
    """Writes a note so that it is there whole, or not at all, also when the node loses its power."""
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


def remove(name):
    try:
        os.remove(os.path.join(DATA, name))
    except FileNotFoundError:
        pass


def append_state(line):
    with open(os.path.join(DATA, STATES), "a") as file:
        file.write(line + "\n")


def has_data():
    """Whether there are system tables of a Cassandra on the disk."""
    for name in folders("data/system"):
        if name.startswith("local-") and os.listdir(os.path.join(DATA, "data/system", name)):
            return True
    return False


def folders(name):
    """Names of what lies in a folder of the disk; none where there is no such folder."""
    try:
        return sorted(os.listdir(os.path.join(DATA, name)))
    except OSError:
        return []


def wipe():
    """Empties the disk. The notes go last: a disk whose emptying was cut off is emptied again."""
    for name in ("data", "commitlog", "hints", "saved_caches", "cdc_raw"):
        shutil.rmtree(os.path.join(DATA, name), ignore_errors=True)
    notes = [name for name in folders("") if name.startswith("ring-")]
    for name in sorted(notes, key=lambda name: name == WAY):
        remove(name)


# --- what lasts as long as the pod: its scratch folder ------------------------------------------------------------------------


def scratch(name):
    return os.path.join(SCRATCH, name)


def read_scratch(name):
    """Content of a file; None when there is none."""
    try:
        with open(scratch(name)) as file:
            return file.read().strip()
    except OSError:
        return None


def write_scratch(name, text):
    with open(scratch(name), "w") as file:
        file.write(text + "\n")


def remove_scratch(name):
    try:
        os.remove(scratch(name))
    except FileNotFoundError:
        pass


def lock(name, waits):
    """A lock that this process alone has until it is closed, or ends; None where another one has it, unless this one waits."""
    file = open(scratch(name), "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        return file
    except OSError:
        file.close()
        return None


def uuid_in(text):
    """The first UUID in a text; empty when there is none."""
    found = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text)
    return found.group(0) if found else ""
