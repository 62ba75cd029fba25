"""What surrounds a script in a pod: the log, the clock, other processes, ports and DNS.

Nothing is decided here. Each function does one thing, so that a test can put another one in its place.
"""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import scratch
from ip_address import canonical, is_ipv6
from steps import HOST_ID

# Folder of the scripts, whichever of them runs.
SCRIPTS = os.path.dirname(os.path.abspath(sys.argv[0]))

# Key of this pod's member in the ring record: the pod's name, or its node's name where the data is in a folder of the node.
MEMBER = os.environ["RING_MEMBER"]
# The first of the pod's addresses where the cluster has IPv4 and IPv6. The kubelet lists them in the order of its node's addresses: the
# first family is always the same.
ADDRESS = canonical(os.environ["POD_IP"])
POD_UID = os.environ.get("POD_UID", "")
DATACENTER = os.environ.get("CASSANDRA_DC", "")


def has_ordinal():
    """Whether this pod belongs to a StatefulSet: it comes back under its name, to its PersistentVolumeClaim."""
    return os.environ.get("POD_IDENTITY") == "ordinal"


# Seconds between two looks. A pod without ordinal lists all pods of the ring at each look; eight waiting pods would keep a core busy.
PAUSE = 1 if has_ordinal() else 3


def say(*words):
    """Writes a line `<time> ring: <words>` to the log. One write a line, since several processes share the log."""
    sys.stdout.write(now() + " ring: " + " ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def sleep(seconds):
    time.sleep(seconds)


_last_wait = {"reason": "", "at": 0.0}


def wait_for(*words):
    """Logs what this pod waits for, once a minute or when the reason changes; returns after a pause."""
    reason = " ".join(str(word) for word in words)
    if reason != _last_wait["reason"] or time.monotonic() - _last_wait["at"] >= 60:
        say("waiting:", reason)
        _last_wait.update(reason=reason, at=time.monotonic())
    sleep(PAUSE)


def addresses(host):
    """Addresses that DNS knows for a name, sorted; none where DNS does not answer. Those of this pod's own family alone: Cassandra listens
    for the other members at one address."""
    family = socket.AF_INET6 if is_ipv6(ADDRESS) else socket.AF_INET
    try:
        return sorted({canonical(entry[4][0]) for entry in socket.getaddrinfo(host, None, family)})
    except OSError:
        return []


def run(command, stdin=""):
    """Runs a command. Returns its exit code, its output, and the last line of its errors."""
    done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    return done.returncode, done.stdout, (done.stderr.strip() or done.stdout.strip()).split("\n")[-1]


def nodetool(*arguments):
    return run(["nodetool"] + list(arguments))


class BackgroundCommand:
    """A command that runs beside this process."""

    def __init__(self, command):
        self.output = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=subprocess.STDOUT)

    def has_ended(self):
        return self.process.poll() is not None

    def exit_code(self, within):
        """None if the command still runs after so many seconds."""
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            return None

    def end(self):
        self.process.kill()
        self.process.wait()

    def last_line(self):
        """The last line that the command has printed; of one that failed, the error, which nodetool prints before a stack trace."""
        self.output.seek(0)
        lines = self.output.read().strip().split("\n")
        return next((line for line in reversed(lines) if line.startswith("error: ")), lines[-1])


def image_version():
    """Version of the Cassandra in this image, whatever the image's tag says; empty where the names of the jars do not tell."""
    try:
        jars = os.listdir(os.path.join(os.environ.get("CASSANDRA_HOME", "/opt/cassandra"), "lib"))
    except OSError:
        return ""
    found = (re.match(r"(?:apache-cassandra|cassandra-all)-(\d+\.\d+.*)\.jar$", jar) for jar in jars)
    return next((match.group(1) for match in found if match), "")


def cassandra_runs():
    """Whether the Cassandra of this pod runs. Its process tells, and no port: a Cassandra that does not answer may still join or leave the
    ring."""
    pid = scratch.read(scratch.CASSANDRA_PID)
    if not pid:
        return False
    try:
        with open("/proc/%s/stat" % pid) as file:
            # After the name of the program, which stands in brackets: Z is one that has ended, which process 1 has not collected yet.
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill_cassandra():
    """Kills Cassandra. The container ends with it, and Kubernetes starts the container again. In a pod that is being deleted with its
    data, process 1 starts Cassandra again instead."""
    pid = scratch.read(scratch.CASSANDRA_PID)
    if pid:
        try:
            os.kill(int(pid), signal.SIGKILL)
        except ProcessLookupError:
            pass


def uuid_in(text):
    """The first UUID in a text; empty where there is none."""
    found = re.search(HOST_ID, text)
    return found.group(0) if found else ""
