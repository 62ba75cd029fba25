"""`pulumi up` in the simulated world: what its hooks decide is asked of the program's own functions (`ask`), what they do is done here."""


class GaveUp(Exception):
    """It ended with an error, which tells what is missing; the next one goes on."""


class Engine:
    def __init__(self, world, ask, replicas):
        self.world, self.kernel, self.ask = world, world.kernel, ask
        self.state = replicas  # what Pulumi's state remembers
        self.cleaned = replicas  # for how many members those before them have dropped what these have taken over
        self.task = None

    def is_running(self):
        return self.task is not None and not self.task.over

    def start(self, replicas):
        """As a process of its own, which may be killed. One at a time: the state is locked."""
        if not self.is_running():
            self.task = self.kernel.spawn("pulumi", lambda: self.try_up(replicas))

    def try_up(self, replicas):
        try:
            self.up(replicas)
        except GaveUp as why:
            self.kernel.tell("pulumi", "up failed:", why)

    def up(self, replicas):
        """@raises GaveUp"""
        self.kernel.tell("pulumi", "up with replicas", replicas)
        if not self.world.has_ordinals:
            return self.up_unordered(replicas)
        self.restore_members(replicas)
        was = max(self.state, self.world.replicas)
        if replicas != self.state and replicas < was:
            self.decommission_members(replicas)
        if replicas != self.state:
            self.world.scale(replicas)
            self.await_ready(replicas)
            self.state = replicas
        if replicas > self.cleaned:
            self.converge(replicas)
            self.clean_up(self.expected(replicas))
        self.cleaned = replicas
        self.converge(replicas)
        self.kernel.tell("pulumi", "done")

    def up_unordered(self, replicas):
        """Pods hand their rows over by themselves. Which nodes have the label of a DaemonSet, the stack does not say."""
        self.restore_members(replicas)
        if replicas != self.state and not self.world.keeps_disks:
            if replicas < self.world.replicas:
                self.await_ready(self.world.replicas)
            self.world.scale(replicas)
            self.await_ready(replicas)
            self.state = replicas
        self.converge(replicas)
        self.kernel.tell("pulumi", "done")

    def expected(self, replicas):
        if self.world.has_ordinals:
            return [self.world.name_at(ordinal) for ordinal in range(replicas)]
        replicas = self.world.replicas if self.world.keeps_disks else replicas
        here = [pod.name for pod in self.world.pods.values() if not pod.is_terminating]
        return [here[i] if i < len(here) else "number %d" % (i + 1) for i in range(replicas)]

    def serving(self):
        return [pod for _, pod in sorted(self.world.pods.items()) if pod.cassandra and pod.cassandra.cql]

    def await_ready(self, replicas):
        for _ in range(400):
            pods = self.world.pods
            count = len([pod for pod in pods.values() if self.world.has_ordinals or not pod.is_terminating])
            if count == replicas and all(name in pods and pods[name] in self.serving() for name in self.expected(replicas)):
                return
            self.kernel.pause(3.0)
        raise GaveUp("pods are not ready")

    # -- smaller --

    def decommission_members(self, replicas):
        is_first = True
        for _ in range(300):
            view = self.look()
            if view is None:
                raise GaveUp("the ring could not be checked")
            step = self.ask("nextStep", view, replicas)
            if step == "done":
                return
            if "refuse" in step:
                raise GaveUp("; ".join(step["refuse"]))
            if "waitFor" in step:
                self.kernel.pause(3.0)
                continue
            if "recreatePods" in step:
                world = self.world
                world.scale(step["pods"])
                for _ in range(300):
                    self.kernel.pause(3.0)
                    self.replace_at_new_address(self.survey(replicas))
                    serves = lambda name: name in world.pods and world.pods[name] in self.serving()
                    has_left = lambda name: world.record.get(name, "").startswith("left ")
                    if all(serves(name) or has_left(name) for name in step["recreatePods"]):
                        break
                else:
                    raise GaveUp("%s do not serve" % step["recreatePods"])
                continue
            if is_first and all(member["state"] == "normal" for member in view["members"]):
                self.clean_up([member["pod"] for member in view["members"]])
            is_first = False
            self.decommission(step["decommission"])
        raise GaveUp("waited in vain to make the ring smaller")

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
                    unlisted.append(name)
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
        """Members on record that have no pod, and the one whose turn it is; with their ring ordinals."""
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

    def decommission(self, name):
        """Has a pod leave and watches it; the pod does it by itself."""
        failures, silent = 0, 0
        self.begin(name)
        while silent < 300:
            self.kernel.pause(1.0)
            silent += 1
            if self.world.api_away:
                continue
            if self.world.record.get(name, "").startswith("left "):
                return
            if silent % 5 != 2:
                continue
            pod = self.world.pods.get(name)
            if not pod:
                raise GaveUp(name + " is gone")
            mode = pod.cassandra.mode if pod.cassandra else None
            streams = {"mode": mode, "total": 0, "sent": 0} if mode else None
            failure = pod.scratch.get("decommission.failed", "")
            step = self.ask("nextLeavingStep", {"busy": "decommission.lock" in pod.scratch_locks, "failure": failure, "streams": streams})
            if "failed" in step:
                failures += 1
                if failures >= 3:
                    raise GaveUp("%s could not leave: %s" % (name, step["failed"]))
            if "failed" in step or "start" in step:
                self.begin(name)
        raise GaveUp(name + " has moved nothing")

    def begin(self, name):
        self.kernel.step()
        pod = self.world.pods.get(name)
        if pod and not pod.main.task.over:
            pod.scratch.pop("decommission.failed", None)
            pod.decommission_script()

    def clean_up(self, names):
        for name in names:
            for _ in range(100):
                self.kernel.step()
                pod = self.world.pods.get(name)
                if pod and pod.cassandra and pod.cassandra.host in self.world.ring.entries and pod.cassandra.cleanup():
                    break
                self.kernel.pause(5.0)
            else:
                raise GaveUp("clean-up of %s" % name)

    # -- whole --

    def restore_members(self, replicas):
        """Before the set is updated: it waits for all its pods to serve, and one that has left would never do so."""
        waits, moved = -1, []
        while waits < 300:
            survey = self.survey(replicas)
            if survey is None:
                return
            moved_pod = self.replace_at_new_address(survey)
            if moved_pod:
                moved.append(moved_pod)
                waits = 0
                self.kernel.pause(3.0)
                continue
            expected = self.ask("membersToKeep", survey)
            expected += [name for name in moved if name not in expected]
            pods = [pod for pod in survey["pods"] if pod["name"] in expected]
            step = self.ask("nextConvergenceStep", dict(survey, asked=len(expected), expected=expected, pods=pods))
            if "cancelDecommission" in step or "rejoin" in step:
                self.do(step)
                waits = 0
            elif waits < 0 or all(pod["ready"] and not pod["ending"] for pod in pods):
                return
            else:
                waits += 1
            self.kernel.pause(3.0)

    def replace_at_new_address(self, survey):
        """Has a pod made again whose address is another member's to the ring. Returns its name."""
        found = survey and self.ask("podAtForeignAddress", survey)
        pod = found and self.world.pods.get(found["name"])
        if not pod or pod.uid != found["uid"]:
            return None
        self.world.delete(pod.name)
        return pod.name

    def converge(self, replicas):
        has_rejoined, waited, said = False, 0, None
        while True:
            survey = self.survey(replicas)
            if survey is not None:
                step = self.ask("nextConvergenceStep", survey)
                if step == "converged":
                    break
                if step != said:
                    said, waited = step, 0
                self.do(step)
                has_rejoined = has_rejoined or "rejoin" in step
            waited += 1
            if waited > 200:
                raise GaveUp("not whole: %s" % (said,))
            self.kernel.pause(3.0)
        if has_rejoined:
            self.clean_up(self.expected(replicas))

    def do(self, step):
        world = self.world
        if "cancelDecommission" in step:
            pod = world.pods.get(step["cancelDecommission"])
            if pod and pod.cassandra and pod.cassandra.mode in ("LEAVING", "DECOMMISSION_FAILED"):
                pod.signal()
        elif "rejoin" in step:
            pod = world.pods.get(step["rejoin"]["name"])
            if pod and pod.uid == step["rejoin"]["uid"]:
                world.delete(pod.name)
        elif "replaceAtNewAddress" in step:
            self.replace_at_new_address(self.survey(world.replicas))
        elif "recreatePod" in step:
            world.scale(step["scale"])
        elif "scale" in step:
            if step["scale"] < world.replicas:
                if world.has_ordinals:
                    self.decommission_members(step["scale"])
                else:
                    self.await_ready(world.replicas)
            world.scale(step["scale"])
        elif step.get("updateRecord"):
            world.write_record(step["updateRecord"])

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
