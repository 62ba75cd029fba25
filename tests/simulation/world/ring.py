"""The ring in a model of Cassandra 5.0: what a disk remembers, what the members tell each other, and who holds a row.

A row is a number. Of a member's tokens, only the order counts in which members own a row: `owners`.
"""
import zlib
from functools import lru_cache

NONE, IN_PROGRESS, COMPLETED, NEEDS_BOOTSTRAP, DECOMMISSIONED = "none", "in progress", "completed", "needs bootstrap", "decommissioned"


class Disk:
    """What Cassandra keeps, and beside it the notes of the pod's scripts."""

    def __init__(self):
        self.notes = {}
        self.wipe_data()

    def wipe_data(self):
        self.boot, self.host_id, self.rows = NONE, None, set()
        self.transferred, self.received = set(), False
        self.hints = {}  # rows that members have missed, by their host IDs

    @property
    def has_data(self):
        return self.boot != NONE


class Entry:
    """A member as the ring has it: NORMAL, LEAVING, JOINING, REPLACING."""

    def __init__(self, address, status, tokens, replaces=None):
        self.address, self.status, self.tokens, self.replaces = address, status, tokens, replaces


@lru_cache(maxsize=100_000)
def order(row, tokens):
    """Where a row stands among the tokens of one member: those with the lowest own it."""
    return zlib.crc32(b"%d %s" % (row, tokens.encode()))


class Ring:
    """
    What the members agree on, and who runs.
    @param keeps_hints whether members are told what they have missed: rings of StatefulSets are to lose no row without that as well
    """

    def __init__(self, kernel, copies, keeps_hints):
        self.kernel, self.copies, self.keeps_hints = kernel, copies, keeps_hints
        self.entries, self.processes = {}, {}
        self.cut = set()
        self.ids = 0
        self.written = set()  # every row that some member has ever taken

    # -- who owns what --

    def owners(self, row, without=(), plus=()):
        """Host IDs of the members that hold a row, first the one that a single copy is at."""
        ring = [(host, one.tokens) for host, one in self.entries.items() if one.status in ("NORMAL", "LEAVING") and host not in without]
        ring += [(host, tokens) for host, tokens in plus]
        return [host for host, _ in sorted(ring, key=lambda one: order(row, one[1]))[: self.copies]]

    def pending(self, row):
        """Members that are about to hold it, and get what is written now as well."""
        leaving = [host for host, one in self.entries.items() if one.status == "LEAVING"]
        plus = [(host, one.tokens) for host, one in self.entries.items() if one.status in ("JOINING", "REPLACING")]
        lost = [one.replaces for one in self.entries.values() if one.status == "REPLACING"]
        now = self.owners(row)
        then = set(self.owners(row, without=leaving)) | set(self.owners(row, without=lost, plus=plus))
        return [host for host in then if host not in now]

    def is_up(self, host):
        process = self.processes.get(host)
        return bool(process) and process.gossips

    def reaches(self, one, other):
        return frozenset((one, other)) not in self.cut

    def moving(self):
        return [host for host, one in self.entries.items() if one.status != "NORMAL" and self.is_up(host)]

    # -- requests --

    def write(self, row, through):
        """Whether a write is acknowledged, at ONE of one copy and at QUORUM of three."""
        if not through.cql:
            return False
        natural, pending = self.owners(row), self.pending(row)
        needed = (1 if self.copies == 1 else min(self.copies, len(natural)) // 2 + 1) + len(pending)
        up = [host for host in natural + pending if self.is_up(host)]
        if not natural or len(up) < needed:
            return False
        self.written.add(row)
        for host in natural + pending:
            if host in up:
                self.processes[host].disk.rows.add(row)
            elif self.keeps_hints:
                through.disk.hints.setdefault(host, set()).add(row)
        return True

    def deliver_hints(self):
        """What members missed while they were down, whoever took the write for them tells them once they are back."""
        for process in list(self.processes.values()):
            for host in [host for host in process.disk.hints if self.is_up(host)]:
                self.processes[host].disk.rows.update(process.disk.hints.pop(host))

    def holders(self, row):
        return [host for host in self.owners(row) if self.is_up(host) and row in self.processes[host].disk.rows]
