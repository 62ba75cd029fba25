"""What `pulumi up` sees of the simulated world, in the shapes that the program's own decisions take."""


class Observer:
    def __init__(self, world):
        self.world, self.kernel = world, world.kernel

    def expected(self, replicas):
        if self.world.has_ordinals:
            return [self.world.name_at(ordinal) for ordinal in range(replicas)]
        replicas = self.world.replicas if self.world.keeps_disks else replicas
        here = [pod.name for pod in self.world.pods.values() if not pod.is_terminating]
        return [here[i] if i < len(here) else "number %d" % (i + 1) for i in range(replicas)]

    def serving(self):
        return [pod for _, pod in sorted(self.world.pods.items()) if pod.cassandra and pod.cassandra.cql]

    def look(self):
        """RingView: members by their pods, who nobody stands for, and who is on record and not listed."""
        self.kernel.step()
        world, ring = self.world, self.world.ring
        if not self.serving() or world.api_away:
            return None
        record = world.record
        names = sorted(set(world.pods) | self.on_record())
        members, known, unlisted = [], set(), []
        for name in names:
            pod, host = world.pods.get(name), self.host(record.get(name, ""))
            if host not in ring.entries:
                host = next((one for one, entry in ring.entries.items() if pod and entry.address == pod.address), None)
            ordinal = world.place_of(name)
            if host:
                known.add(host)
                state = {"NORMAL": "normal", "LEAVING": "leaving"}.get(ring.entries[host].status, "joining")
                members.append({
                    "pod": name, "claim": "data-" + name, "ringOrdinal": ordinal, "up": ring.is_up(host), "state": state, "load": 1,
                })  # fmt: skip
            elif self.host(record.get(name, "")):
                if pod and pod.cassandra and "decommission.lock" in pod.scratch_locks:
                    members.append({"pod": name, "claim": "data-" + name, "ringOrdinal": ordinal, "up": True, "state": "leaving"})
                else:
                    ready = bool(pod and pod.cassandra and pod.cassandra.cql)
                    unlisted.append({"pod": name, "ringOrdinal": ordinal, "ready": ready})
        change = record.get("moving", "").split(" ", 1)
        unknown = [host for host in ring.entries if host not in known]
        is_clear = all(any(one["pod"] == name for one in members) or record.get(name, "").startswith("left ") for name in world.pods)
        is_stranded = is_clear and any(ring.entries[host].status in ("NORMAL", "LEAVING") for host in unknown)
        volumes = self.unrecorded() if is_stranded else []
        return {
            "namespace": "default", "members": sorted(members, key=lambda one: one["ringOrdinal"]),
            "unknownMembers": [ring.entries[host].address for host in unknown],
            "missing": [
                {"pod": name, "ringOrdinal": ordinal} for name, ordinal in self.without_pods()
                if self.host(record.get(name, "")) or unknown
            ] + [{"pod": name, "ringOrdinal": ordinal} for name, ordinal in volumes],
            "unlisted": unlisted, "keyspaces": [], "datacenter": "dc1",
            "membersAwaitingRepair": [key[7:] for key in sorted(record) if key.startswith("repair.")],
            **({"topologyChange": dict(zip(("pod", "what"), change))} if change[0] in world.pods else {}),
        }  # fmt: skip

    def without_pods(self):
        """Members on record that have no pod, and the one that holds the topology lock; with their ring ordinals."""
        record, names = self.world.record, self.on_record()
        names |= {record["moving"].split(" ")[0]} if "moving" in record else set()
        return [(name, self.world.place_of(name)) for name in sorted(names) if name not in self.world.pods]

    def unrecorded(self):
        """Pods of which there is a volume alone, with their ring ordinals."""
        world, without = self.world, {name for name, _ in self.without_pods()}
        names = {name for name in world.disks if name not in world.pods and name not in world.record} - without
        return [(name, world.place_of(name)) for name in sorted(names)]

    def on_record(self):
        return {name for name, entry in self.world.record.items() if name.startswith(("cassandra-", "node-")) and self.host(entry)}

    def host(self, entry):
        return entry.split(" ")[0] if " " in entry and not entry.startswith("left ") else None

    def survey(self, replicas):
        self.kernel.step()
        world, ring = self.world, self.world.ring
        if world.api_away:
            return None
        pods = [
            {
                "name": name, "uid": pod.uid, "ringOrdinal": world.place_of(name), "address": pod.address,
                "running": not pod.main.task.over, "ready": bool(pod.cassandra and pod.cassandra.cql),
                "ending": pod.is_terminating, "keepsRecord": True,
            }
            for name, pod in sorted(world.pods.items())
        ]  # fmt: skip
        listed = None
        if any(pod["ready"] and not pod["ending"] for pod in pods):
            states = {"NORMAL": "normal", "LEAVING": "leaving"}
            listed = [
                {"hostId": host, "address": one.address, "datacenter": "dc1", "rack": "r", "tokens": 1, "up": ring.is_up(host),
                 "state": states.get(one.status, "joining")}
                for host, one in sorted(ring.entries.items())
            ]  # fmt: skip
        without = self.without_pods() + self.unrecorded() if world.has_ordinals else []
        missing = [{"name": name, "ringOrdinal": ordinal} for name, ordinal in without]
        return {
            "namespace": "default", "asked": world.replicas, "expected": self.expected(replicas), "pods": pods,
            "record": dict(world.record), "missing": missing, **({} if listed is None else {"listed": listed}),
            **({} if world.has_ordinals else {"lostMember": "removedByHand" if world.keeps_disks else "removedByRing"}),
        }  # fmt: skip
