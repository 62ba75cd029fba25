"""A pod's view of its ring at one instant: its disk, the record, who serves. `look` makes one; decisions.py decides on it.

Pods with ordinals (of StatefulSets) are known by their names, which DNS finds; the others by the list of pods that the API gives.
"""
import os

import around
import record
import roles
from decisions import Record, is_host
from states import States


class View:
    """What both kinds of pods see. `record` is None when the API server does not answer, and `unknown` tells then whether it no
    longer knows this pod."""

    has_ordinals = False
    record_name = os.environ.get("RING_RECORD", "")

    def __init__(self, version=None, entries=None):
        self.me, self.uid, self.address = around.MEMBER, around.UID, around.ADDRESS
        self.name = os.environ["HOSTNAME"]
        self.disk = os.environ.get("RING_DISK", "volume")
        self.version, self.record = version, entries
        self.marker, self.way = around.read(around.MARKER), around.read(around.WAY)
        self.has_data = around.has_data()
        self.cassandra, self.written_by = around.cassandra_version(), around.read(around.VERSION)
        self.states = States("\n".join(around.read(name) for name in (around.STATES, around.REFUSALS)))
        self.seen = {}
        self.looks = 0  # how many came before this one, since the container began

    def has_disk(self):
        """Whether anything at all is on the disk."""
        return bool(self.has_data or self.marker or self.way)

    def members(self):
        """Members on record, in order."""
        return sorted((one for one in self.record or {} if self.is_member(one)), key=self.order)

    def is_member(self, one):
        return is_host((self.record or {}).get(one)) and not one.startswith("repair.") and one not in self.RESERVED

    RESERVED = ("forming", "formed", "moving", "superuser")

    def expected(self):
        """Those that are members, or are about to be those of the first ring, this one among them."""
        record = self.record or {}
        return self.forming() if record.get("forming") and not record.get("formed") else self.candidates()

    def others(self):
        return [one for one in self.members() if one != self.me]

    def size(self):
        """Members of the ring: those of a first one come on record one after another."""
        if self.record and not self.record.get("formed") and self.has_ordinals:
            return int(self.record.get("forming", 1))
        return len(self.members())

    def owing(self):
        """Members that took a lost one's place, and whose repair has not ended."""
        return [key[7:] for key in sorted(self.record or {}) if key.startswith("repair.")]

    def owing_all(self):
        """Those of them that have not even compared their rows with the members that serve."""
        return [one for one in self.owing() if " without " not in self.record["repair." + one]]

    def serves(self, one):
        """Whether a member serves CQL: it is then a NORMAL part of the ring. Asked once in a view."""
        if one not in self.seen:
            host = self.host(one)
            self.seen[one] = bool(host) and around.listens(host, around.CQL)
        return self.seen[one]

    def runs(self, one):
        """Whether the Cassandra of a member runs, though it may not serve yet."""
        host = self.host(one)
        return bool(host) and around.listens(host, around.GOSSIP)

    def peers(self):
        """Up to three other members that serve. Never this pod: a seed does not stream, it would join empty."""
        found = []
        for one in self.candidates():
            if one != self.me and len(found) < 3 and self.serves(one):
                found.append(one)
        return self.seeds(found)

    def candidates(self):
        return self.members()

    def seeds(self, members):
        """What Cassandra finds them by, comma-separated; this pod by its address, since nobody may know its name yet."""
        return ",".join(self.address if one == self.me else self.host(one) for one in members)

    def is_listed(self):
        """Whether other members that serve count this disk's member as one of theirs; None when none of them can be asked. One of
        them is enough to say no: who has left, or was removed, is told from one to the next."""
        if not self.marker:
            return None
        answers = self.ask_members(3 if self.way == "leaving" or self.states.leaving else 1)
        return all(self.marker in answer for answer in answers) if answers else self.is_missed()

    def known_at_this_address(self, lost):
        """A member on record that had this pod's address last, but for the lost one whose place it takes; None where there is none."""
        had = lambda one: one != lost and self.record[one].split(" ")[-1] == self.address
        return next((one for one in self.others() if had(one)), None)

    def is_known(self):
        """Whether another member counts whoever was on this disk as one of the ring, by the addresses that it had; None when none of
        them can be asked. Those of members on record are not meant: an address may have had another one since."""
        on_record = {self.record[one].split(" ")[0] for one in self.others()}
        answers = self.ask_members(3)
        found = [host for answer in answers for host, address in answer.items() if address in self.states.addresses]
        return any(host not in on_record for host in found) if answers else self.is_missed()

    def is_missed(self):
        """For where nobody can be asked, since nobody can log in: True if members miss one that holds the roles, and each that is on
        record serves. That is this one: whoever joins or leaves does so alone. The roles are on one member or two while it does, and the
        others would wait for it as it would for them. None where that is not so."""
        others = self.others()
        is_whole = others and all(self.serves(one) for one in others)
        return True if is_whole and any(roles.misses_holders(self.host(one)) for one in others[:3]) else None

    def address_in_ring(self, host_id):
        """Under which address the others know a member: it may have had another one since it went on record. Empty when they do not
        know it any more; None when none of them can be asked."""
        answers = self.ask_members(1)
        return answers[0].get(host_id, "") if answers else None

    def ask_members(self, count):
        """What up to that many members that serve say of who is in the ring."""
        hosts = [host for host in self.peers().split(",") if host][:count]
        return [answer for answer in map(roles.members_of, hosts) if answer is not None]

    def misses_a_removal(self):
        """Whether a member is being taken out of the ring at this moment: those that are down are not sent what they own afterwards."""
        holder, _, what = (self.record or {}).get("moving", "").partition(" ")
        return holder not in ("", self.me) and (what.startswith("takes out ") or (what == "leaves" and bool(self.gone())))

    def has_turn(self, what):
        return self.record.get("moving") == "%s %s" % (self.me, what)

    def taking_turn(self, what):
        """What is written to take the turn; None while somebody else has it, who is there to use it."""
        holder = self.record.get("moving", "").split(" ")[0]
        if holder not in ("", self.me) and self.is_around(holder):
            return None
        return Record({"moving": "%s %s" % (self.me, what)})

    def starting_over(self):
        """What is written to forget all members and the ring; the superuser of the next one is made anew as well."""
        return {key: None for key in self.record}

    def giving_turn(self):
        """What is written to give the turn back; nothing where this pod does not have it."""
        return {"moving": None} if self.record.get("moving", "").split(" ")[0] == self.me else {}


class OrdinalView(View):
    """Of a pod of a StatefulSet, or of one for each rack. Pods are counted over the sets in turn, a-0, b-0, c-0, a-1."""

    has_ordinals = True
    SETS = os.environ.get("RING_SETS", "").split()
    service = os.environ.get("RING_SERVICE", "")

    def order(self, pod):
        place = self.place_of(pod)
        return (place is None, place or 0, pod)

    def place_of(self, pod):
        """A pod's place; None where it is none of the sets'."""
        name, _, number = pod.rpartition("-")
        return int(number) * len(self.SETS) + self.SETS.index(name) if name in self.SETS and number.isdigit() else None

    @property
    def place(self):
        return self.place_of(os.environ["HOSTNAME"])

    def pod(self, place):
        return "%s-%s" % (self.SETS[place % len(self.SETS)], place // len(self.SETS))

    def first(self, count):
        return [self.pod(place) for place in range(count)]

    def forming(self):
        return self.first(int(self.record["forming"]))

    def is_member(self, one):
        return super().is_member(one) and self.place_of(one) is not None

    def host(self, pod):
        """A member's name in DNS, which stays when its address changes."""
        return "%s.%s" % (pod, self.service)

    def has_address(self, pod):
        return bool(around.addresses(self.host(pod)))

    def is_around(self, pod):
        """Whether a pod is there. DNS knows each that has an address; where it knows nobody, it is away itself."""
        others = [one for one in self.members() if one not in (pod, self.me)]
        return self.has_address(pod) or not any(self.has_address(one) for one in others)

    def candidates(self):
        """Members on record, else the first pods that DNS knows: the record cannot be reached, or is new."""
        return self.members() or [pod for pod in self.first(4) if self.has_address(pod)]

    def first_seeds(self):
        """The whole ring is starting again, and its first members are the seeds, this pod perhaps among them: harmless on a disk
        that has its rows, and with no seed at all every member would wait for another for ever."""
        return self.seeds(self.candidates()[:3])

    def first_member(self):
        return self.pod(0)

    def gone(self):
        """Members whose disks are gone: those of pods with ordinals wait for them."""
        return []

    def wanted(self):
        """Pods that all sets ask for; None when the API server does not tell."""
        try:
            return record.replicas() * len(self.SETS)
        except record.NoAnswer:
            return None


class UnorderedView(View):
    """Of a pod of a ReplicationController, of a DaemonSet, or of one that stands alone."""

    def __init__(self, seen=None):
        seen = seen or {}
        super().__init__(seen.get("version"), seen.get("entries"))
        self.listed_pods = seen.get("pods", {})
        self.wanted_pods = seen.get("wanted", -1)
        self.has_heirs = seen.get("has_heirs", False)
        self.goes = seen.get("goes", False)

    def order(self, one):
        return one

    def pods(self):
        return self.listed_pods

    def forming(self):
        return self.record["forming"].split(" ")

    def has_pod(self, one):
        return one in self.listed_pods

    def is_leaving(self, one):
        return self.listed_pods[one][1]

    def host(self, one):
        return self.listed_pods.get(one, ("", False))[0]

    def has_address(self, one):
        return bool(self.host(one))

    def is_around(self, one):
        return self.has_pod(one)

    def first_seeds(self):
        """As with ordinals; without the API server, DNS knows the pods."""
        known = [self.host(one) for one in self.members() if self.host(one)]
        return ",".join((known or around.addresses(os.environ["RING_SERVICE"]) or [self.address])[:3])

    def first_member(self):
        return next((one for one in self.members() if self.has_pod(one)), "")

    def gone(self):
        """Members whose pod no longer exists, and with it their disk. A node's disk outlives its pods."""
        return [] if self.disk == "node" else [one for one in self.members() if not self.has_pod(one)]

    def wanted(self):
        return self.wanted_pods


def look():
    """The view as it is now; its record is None when the API server does not answer. @raises record.Unknown, of pods without ordinals,
    when it no longer knows this one"""
    if os.environ["POD_IDENTITY"] == "ordinal":
        try:
            return OrdinalView(*record.read())
        except record.NoAnswer:
            return OrdinalView()
    try:
        return UnorderedView(record.view())
    except record.Unknown:
        raise
    except record.NoAnswer:
        return UnorderedView()


def look_until_known(pause=2):
    """The view, once the API server answers."""
    while True:
        try:
            see = look()
            if see.record is not None:
                return see
        except record.NoAnswer:
            pass
        around.sleep(pause)


def settle(entries):
    """Writes what has come about, whatever else is written meanwhile; the API server may be away for a while. `entries` is what is
    written, or a function that tells it from a view."""
    while True:
        see = look_until_known()
        if change(see, entries(see) if callable(entries) else entries):
            return see


def change(see, entries):
    """Writes what was decided on a view; false when it has changed since, or the API server does not take it."""
    if not entries:
        return True
    try:
        record.change(see.version, entries)
        return True
    except record.NoAnswer:
        return False
