"""What a pod sees of its ring at one instant: its disk, the ring record, which members serve. observe.py makes a view, the decide_*
modules decide on it."""
import os

import cql
import port_answers
import superuser_secret
import system
import volume
from state_log import StateLog
from steps import OWED, REPAIRED, RESERVED, WriteRecord, is_member_entry


class RingView:
    """What pods with and without ordinals have in common. `record` is None while the API server does not answer."""

    has_ordinals = False
    ring_ordinal = None
    record_name = os.environ.get("RING_RECORD", "")

    def __init__(self, version=None, entries=None):
        self.me, self.uid, self.address = system.MEMBER, system.POD_UID, system.ADDRESS
        self.pod_name = os.environ["HOSTNAME"]
        self.disk = os.environ.get("RING_DISK", "volume")
        self.version, self.record = version, entries
        self.no_answer = ""  # why there is no record
        self.needs_login = superuser_secret.exists()
        self.host_id, self.phase = volume.read_note(volume.HOST_ID), volume.read_note(volume.PHASE)
        self.has_data = volume.has_data()
        self.image_version, self.data_version = system.image_version(), volume.read_note(volume.VERSION)
        self.state_log = StateLog("\n".join(volume.read_note(name) for name in (volume.STATE_LOG, volume.REFUSALS)))
        self.attempts = 0  # views that this container looked at before this one
        self._serving = {}

    def has_disk_content(self):
        """Whether the disk holds Cassandra's data or a note of these scripts."""
        return bool(self.has_data or self.host_id or self.phase)

    # --- members ------------------------------------------------------------------------------------------------------------------

    def members(self):
        """Members in the record, in order."""
        return sorted((name for name in self.record or {} if self.is_member(name)), key=self.sort_key)

    def is_member(self, name):
        is_name = not name.startswith((OWED, REPAIRED)) and name not in RESERVED
        return is_name and is_member_entry((self.record or {}).get(name))

    def other_members(self):
        return [name for name in self.members() if name != self.me]

    def expected_members(self):
        """The members; while the first ring forms, the pods that form it. This pod is among them."""
        record = self.record or {}
        return self.first_ring_pods() if record.get("forming") and not record.get("formed") else self.seed_candidates()

    def size(self):
        """Number of members. Pods with ordinals enter the record one after another while the first ring forms: all of them count."""
        if self.record and not self.record.get("formed") and self.has_ordinals:
            return int(self.record.get("forming", 1))
        return len(self.members())

    def members_owing_repair(self):
        """Members that may lack data until their repair has ended: they replaced a lost one, or joined fewer members than replicas."""
        return [key[len(OWED) :] for key in sorted(self.record or {}) if key.startswith(OWED)]

    def members_never_repaired(self):
        """Those of them that have not even been repaired with the members that serve."""
        return [name for name in self.members_owing_repair() if " without " not in self.record[OWED + name]]

    def serves(self, name):
        """Whether a member serves CQL, and so is NORMAL. Asked once a view."""
        if name not in self._serving:
            host = self.host(name)
            self._serving[name] = bool(host) and port_answers.answers_cql(host)
        return self._serving[name]

    def runs(self, name):
        """Whether the Cassandra of a member runs, though it may not serve CQL yet."""
        host = self.host(name)
        return bool(host) and port_answers.answers_internode(host)

    def member_with_this_address(self, except_for):
        """Another member whose address in the record is this pod's, except for the member that this pod replaces; None where there is
        none."""
        has_it = lambda name: name != except_for and self.record[name].split(" ")[-1] == self.address
        return next((name for name in self.other_members() if has_it(name)), None)

    # --- seeds --------------------------------------------------------------------------------------------------------------------

    def serving_seeds(self):
        """Up to three other members that serve. Never this pod: a seed does not stream, and would join without data."""
        found = []
        for name in self.seed_candidates():
            if name != self.me and len(found) < 3 and self.serves(name):
                found.append(name)
        return self.seed_list(found)

    def seed_candidates(self):
        return self.members()

    def seed_list(self, names):
        """Names or addresses for Cassandra, comma-separated. This pod is given by its address: DNS may not know its name yet."""
        return ",".join(self.address if name == self.me else self.host(name) for name in names)

    # --- what other members say ---------------------------------------------------------------------------------------------------

    def is_listed(self):
        """Whether the other members list the member of this disk; None when none of them answers. One that does not list it is enough:
        members tell each other who has left or was removed."""
        if not self.host_id:
            return None
        answers = self.peers_of_members(3 if self.phase == "leaving" or self.state_log.leaving else 1)
        return all(self.host_id in peers for peers in answers) if answers else self.is_missed_at_login()

    def has_joined(self):
        """Whether the other members list a member at an address that this disk's member had; None when none of them answers. A member
        in the record does not count: the address may be its own by now."""
        recorded = {self.record[name].split(" ")[0] for name in self.other_members()}
        answers = self.peers_of_members(3)
        found = [host_id for peers in answers for host_id, address in peers.items() if address in self.state_log.addresses]
        return any(host_id not in recorded for host_id in found) if answers else self.is_missed_at_login()

    def is_missed_at_login(self):
        """For the case that nobody can log in to ask. True if the members miss one that holds the roles while every member in the record
        serves: this disk's member is the missing one, since members join and leave one at a time. A small ring may hold the roles on one
        or two members then, and they would wait for this one as this one waits for them. Otherwise None."""
        others = self.other_members()
        all_serve = others and all(self.serves(name) for name in others)
        return True if all_serve and any(cql.misses_role_replicas(self.host(name)) for name in others[:3]) else None

    def address_in_ring(self, host_id):
        """Address under which the other members know a member, which may differ from the record. Empty when they do not list it; None
        when none of them answers."""
        answers = self.peers_of_members(1)
        return answers[0].get(host_id, "") if answers else None

    def peers_of_members(self, count):
        """Addresses by host ID as up to `count` serving members list them; members that do not answer are left out."""
        hosts = [host for host in self.serving_seeds().split(",") if host][:count]
        return [peers for peers in map(cql.peers_of, hosts) if peers is not None]

    # --- the topology lock: the record's key `moving` -----------------------------------------------------------------------------

    def topology_change(self):
        """Who changes the ring and how: `cassandra-3 joins`; empty when nobody does."""
        return self.record.get("moving", "")

    def topology_lock_holder(self):
        return (self.record or {}).get("moving", "").split(" ")[0]

    def holds_topology_lock(self, change):
        return self.record.get("moving") == "%s %s" % (self.me, change)

    def acquire_topology_lock(self, change):
        """What is written to acquire the lock; None while another pod that exists holds it."""
        holder = self.topology_lock_holder()
        if holder not in ("", self.me) and self.pod_exists(holder):
            return None
        return WriteRecord({"moving": "%s %s" % (self.me, change)})

    def release_topology_lock(self):
        """Changes that release the lock; none where this pod does not hold it."""
        return {"moving": None} if self.topology_lock_holder() == self.me else {}

    def leaving_entries(self, left):
        """What the record is changed by once this member has left. `left` stands for it from then on; None removes it. Where the member may
        have lacked data, what it streamed may lack it as well: the repair that it owed passes to all others."""
        debt = OWED + self.me
        entries = dict(self.release_topology_lock(), **{self.me: left, debt: None, REPAIRED + self.me: None})
        if debt in self.record:
            entries.update(self.repairs_of(self.other_members()))
        _, _, before = self.record.get("cleanup", "").partition(" ")
        if before.isdigit() and len(self.other_members()) <= int(before) <= self.ring_ordinal:
            # Those that had joined have left again: what the older ones have is theirs.
            entries["cleanup"] = None
        # Its ranges pass to others, which may have been repaired later. Times of one form are in the order of their text.
        repaired = self.repaired_entry(self.me)
        for name in self.other_members():
            if self.record.get(REPAIRED + name, "") > repaired:
                entries[REPAIRED + name] = repaired
        return {key: value for key, value in entries.items() if self.record.get(key) != value}

    def repaired_entry(self, name):
        """Time in the record since which the ranges of a member count as repaired."""
        return self.record.get(REPAIRED + name) or self.record.get("formed", "")

    def repairs_of(self, names):
        """Entries by which members owe a repair from now on."""
        return {OWED + name: system.now() for name in names}

    def misses_removal(self):
        """Whether another member is removing a member right now. A member that is down meanwhile is not sent the data that it then
        owns."""
        holder, _, change = (self.record or {}).get("moving", "").partition(" ")
        removes = change.startswith("takes out ") or (change == "leaves" and bool(self.lost_members()))
        return holder not in ("", self.me) and removes

    def clearing_record(self):
        """Changes that forget all members and the ring, its superuser included: the next ring makes a new one."""
        return {key: None for key in self.record}
