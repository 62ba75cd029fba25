"""`pulumi up` in the simulated world: what its hooks decide is asked of the program's own functions (`ask`), what they do is done here."""
from maintenance import cleanup
from observer import Observer


class GaveUp(Exception):
    """It ended with an error, which tells what is missing; the next one goes on."""


class Engine(Observer):
    def __init__(self, world, ask, replicas):
        super().__init__(world)
        self.ask = ask
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

    def await_ready(self, replicas):
        for _ in range(400):
            pods = self.world.pods
            count = len([pod for pod in pods.values() if self.world.has_ordinals or not pod.is_terminating])
            if count == replicas and all(name in pods and pods[name] in self.serving() for name in self.expected(replicas)):
                return
            self.kernel.pause(3.0)
        raise GaveUp("pods are not ready")

    # -- smaller --

    def forget(self, removed, staying):
        """As entriesAfterRemoval in record.ts."""
        entries = {"repair." + name: "now" for name in staying}
        self.world.write_record(dict(entries, **{key: None for name in removed for key in (name, "repair." + name)}))

    def decommission_members(self, replicas):
        is_first, waits = True, 0
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
                waits += 1
                if "removed" in step and waits > step["minutes"] * 20:
                    self.forget(step["removed"], [member["pod"] for member in view["members"]])
                self.kernel.pause(3.0)
                continue
            waits = 0
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
                if pod and pod.cassandra and pod.cassandra.host in self.world.ring.entries and cleanup(pod.cassandra):
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
