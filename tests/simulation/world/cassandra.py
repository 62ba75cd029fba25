"""A model of Cassandra 5.0 with exactly the facts of tests/cassandra/facts: how a member starts, streams and leaves."""
from ring import COMPLETED, DECOMMISSIONED, IN_PROGRESS, NEEDS_BOOTSTRAP, Entry

RING_DELAY = 8.0


class Refused(Exception):
    """Cassandra does not start."""


class Process:
    """One life of Cassandra on a disk. `states` is called with each line that it writes of its state."""

    def __init__(self, ring, disk, address, seeds, options, states, ended):
        self.ring, self.kernel, self.disk, self.address = ring, ring.kernel, disk, address
        self.seeds, self.options, self.states, self.ended = seeds, options, states, ended
        self.mode, self.gossips, self.cql, self.host = "", False, False, None
        self.closed = "-Dcassandra.start_native_transport=false" in options
        self.task = self.kernel.spawn("cassandra " + address, self.live)
        self.work = None

    def option(self, name):
        return next((one.split("=", 1)[1] for one in self.options if one.startswith("-Dcassandra.%s=" % name)), None)

    def say_mode(self, mode, line=None):
        self.mode = mode
        self.states(line or mode)

    def live(self):
        try:
            self.start()
            self.kernel.block()
        except Refused as refusal:
            self.kernel.tell("cassandra " + self.address, refusal)
            self.end(1)

    def end(self, code):
        """The process ends, however: others see it as down."""
        if self.ended is None:
            return
        self.gossips = self.cql = False
        if self.ring.processes.get(self.host) is self:
            del self.ring.processes[self.host]
        entry = self.ring.entries.get(self.host)
        if entry and entry.status in ("JOINING", "REPLACING"):
            del self.ring.entries[self.host]  # of one that never was a member, nobody remembers anything
        ended, self.ended = self.ended, None
        self.kernel.kill(self.work)
        self.kernel.kill(self.task)
        ended(code)

    # -- starting --

    def start(self):
        ring, disk = self.ring, self.disk
        self.kernel.pause(self.kernel.random.choice((2.0, 4.0, 9.0)))
        if disk.boot == DECOMMISSIONED:
            self.states("Fatal configuration error This node was decommissioned and will not rejoin the ring unless ...")
            raise Refused("was decommissioned")
        if disk.host_id is None:
            ring.ids += 1
            disk.host_id = "%08d-aaaa-bbbb-cccc-dddddddddddd" % ring.ids
        self.host = disk.host_id
        lost = self.option("replace_address_first_boot")
        is_seed = self.address in self.seeds
        bootstraps = self.option("auto_bootstrap") != "false" and disk.boot != COMPLETED and not is_seed
        if lost and disk.boot != COMPLETED:
            return self.replace(lost)
        known = next((host for host, one in ring.entries.items() if one.address == self.address), None)
        if known and known != self.host and self.option("allow_unsafe_join") != "true":
            raise Refused("a node with that address already exists")
        if not bootstraps:
            disk.boot = COMPLETED
            return self.become_member(self.host)
        if not any(self.hears(seed) for seed in self.seeds):
            raise Refused("unable to gossip with any peers")
        if ring.moving():
            raise Refused("other bootstrapping/leaving/moving nodes detected")
        disk.boot = IN_PROGRESS
        self.gossip("JOINING", self.host)
        self.states("JOINING: Starting to bootstrap...")
        if disk.received:
            raise Refused("discovered existing bootstrap data")
        self.stream_in(lambda row: ring.owners(row, plus=[(self.host, self.host)]), ())
        self.become_member(self.host)

    def hears(self, seed):
        return any(process.gossips and process.address == seed for process in self.ring.processes.values())

    def replace(self, lost):
        ring = self.ring
        host = next((host for host, one in ring.entries.items() if one.address == lost), None)
        if host is None or ring.is_up(host):
            raise Refused("cannot replace %s, which is alive or not there" % lost)
        self.disk.boot = IN_PROGRESS
        tokens = ring.entries[host].tokens
        self.gossip("REPLACING", tokens, host)
        self.stream_in(lambda row: ring.owners(row, without=[host], plus=[(self.host, tokens)]), [host])
        self.become_member(tokens, host)

    def gossip(self, status, tokens, replaces=None):
        self.gossips = True
        self.ring.processes[self.host] = self
        self.ring.entries[self.host] = Entry(self.address, status, tokens, replaces)
        self.say_mode("JOINING", "JOINING: sleeping for pending range setup")
        self.kernel.pause(RING_DELAY)

    def stream_in(self, then, lost):
        """
        One session from each source of a row: the member that loses it (consistent range movement), or any other owner where nobody
        does. @param then owners of a row afterwards
        """
        ring = self.ring
        sources = {}
        for row in sorted(ring.written):
            if self.host not in then(row):
                continue
            before = [host for host in ring.owners(row) if host not in lost]
            losing = [host for host in before if host not in then(row)]
            up = [host for host in losing or before if ring.is_up(host)]
            if up:
                sources.setdefault(self.kernel.random.choice(up), []).append(row)
            elif before:
                return self.fail_joining()
        for host in sorted(sources):
            self.kernel.pause(self.kernel.random.choice((0.5, 3.0)))
            process = ring.processes.get(host)
            if not process or not process.gossips or not ring.reaches(self.address, process.address):
                return self.fail_joining()
            self.disk.rows.update(row for row in sources[host] if row in process.disk.rows)
            self.disk.received = True
        return None

    def fail_joining(self):
        self.say_mode("JOINING_FAILED")
        self.kernel.block()

    def become_member(self, tokens, lost=None):
        self.states("JOINING: Finish joining ring")
        self.kernel.step()
        self.disk.boot = COMPLETED
        self.kernel.step()
        self.gossips = True
        self.ring.processes[self.host] = self
        # The others hear of both at once: that it is NORMAL, and whose place it has taken.
        self.ring.entries.pop(lost, None)
        had = self.ring.entries.get(self.host)
        self.ring.entries[self.host] = Entry(self.address, "NORMAL", had.tokens if had else getattr(self.disk, "tokens", None) or tokens)
        self.disk.tokens = self.ring.entries[self.host].tokens
        self.say_mode("NORMAL", "Node /%s:7000 state jump to NORMAL" % self.address)
        self.kernel.step()
        self.cql = not self.closed
        self.kernel.at(10.0, self.ring.deliver_hints)

    # -- leaving --

    def decommission(self):
        """Returns at once and well while one is under way. A task of the caller's; what it does goes on without it."""
        if self.ended is None:
            return 1
        if self.mode == "DECOMMISSIONED" or self.is_leaving():
            return 0
        if self.mode not in ("NORMAL", "DECOMMISSION_FAILED") or self.host not in self.ring.entries:
            return 2
        if not any(one.status == "NORMAL" for host, one in self.ring.entries.items() if host != self.host):
            return 2  # no other normal nodes in the ring
        self.work = self.kernel.spawn("decommission " + self.address, self.leave)
        while self.is_leaving():
            self.kernel.pause(1.0)
        return 0 if self.mode == "DECOMMISSIONED" else 2

    def is_leaving(self):
        return self.work is not None and not self.work.over and not self.work.killed

    def leave(self):
        ring, disk = self.ring, self.disk
        others = [host for host in ring.moving() if host != self.host]
        if others:
            return self.say_mode("DECOMMISSION_FAILED")
        ring.entries[self.host].status = "LEAVING"
        self.say_mode("LEAVING", "LEAVING: sleeping for batch processing and pending range setup")
        self.kernel.pause(RING_DELAY)
        targets = {}
        for row in sorted(disk.rows):
            if self.host in ring.owners(row):
                for host in ring.owners(row, without=[self.host]):
                    if host not in ring.owners(row):
                        targets.setdefault(host, []).append(row)
        for host in sorted(ring.entries):
            if host == self.host or host in disk.transferred:
                continue  # what an earlier one has sent there is never sent again
            self.kernel.pause(self.kernel.random.choice((0.5, 3.0)))
            process = ring.processes.get(host)
            if not process or not process.gossips or not ring.reaches(self.address, process.address):
                return self.say_mode("DECOMMISSION_FAILED")
            process.disk.rows.update(targets.get(host, []))
            disk.transferred.add(host)
        heirs = [one for host, one in sorted(ring.processes.items()) if host != self.host and one.gossips]
        if heirs and disk.hints:
            heir = self.kernel.random.choice(heirs).disk.hints
            for host, rows in disk.hints.items():
                heir.setdefault(host, set()).update(rows)
            disk.hints.clear()
        disk.boot = NEEDS_BOOTSTRAP
        self.kernel.step()
        del ring.entries[self.host]
        self.states("Announcing that I have left the ring for 8000ms")
        self.kernel.pause(RING_DELAY)
        self.cql = False
        self.kernel.step()
        self.gossips = False
        ring.processes.pop(self.host, None)
        disk.boot = DECOMMISSIONED
        self.kernel.step()
        return self.say_mode("DECOMMISSIONED")
