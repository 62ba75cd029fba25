"""The modules of the pods' scripts that ask others: the API server, and members through CQL."""


def api(script, module):
    """The API server, which may be away, and whose answer may be lost after it has done what it was asked to."""
    pod, kernel, world = script.pod, script.kernel, script.pod.world

    class NoAnswer(Exception):
        pass

    class Conflict(NoAnswer):
        pass

    class UnknownPod(NoAnswer):
        BELIEVED_AFTER = 10

    def ask():
        kernel.step()
        if not world.api_answers(pod):
            raise NoAnswer("away")

    def read():
        ask()
        return world.version, dict(world.record)

    def change(version, entries):
        ask()
        if version != world.version:
            raise Conflict("somebody wrote first")
        world.write_record(entries)
        if kernel.random.random() < 0.02:
            raise NoAnswer("the answer is lost")

    def stateful_set_replicas():
        ask()
        return world.replicas // len(world.sets)

    def observe():
        ask()
        if world.pods.get(pod.name) is not pod:
            raise UnknownPod("there is no such pod")
        version, entries = read()
        kernel.step()
        pods = {name: (one.address, one.is_terminating) for name, one in world.pods.items()}
        return {
            "version": version, "entries": entries, "pods": pods, "desired_replicas": world.replicas,
            "controller_replaces_pods": not world.keeps_disks, "is_removed": world.goes_for_good(pod),
        }  # fmt: skip

    return {
        # No pod of the model has a Service of its own, which it would have to find.
        "kubernetes_api": module(
            "kubernetes_api", NoAnswer=NoAnswer, Conflict=Conflict, UnknownPod=UnknownPod, find=None, namespaced=None
        ),
        "ring_record": module("ring_record", read=read, change=change, add_owner=lambda pvc: ask()),
        "workload": module("workload", stateful_set_replicas=stateful_set_replicas, observe=observe),
    }


def logins(script, module):
    """Nobody has to log in: what is left is what is asked of other members, and of this one."""
    pod, kernel, world = script.pod, script.kernel, script.pod.world

    class CqlFailed(Exception):
        pass

    def peers_of(host):
        kernel.step()
        if not world.answers(pod, host, 9042):
            return None
        return {host_id: one.address for host_id, one in world.ring.entries.items() if one.status in ("NORMAL", "LEAVING")}

    def delete_transferred_ranges():
        kernel.step()
        if not pod.cassandra or not pod.cassandra.cql:
            raise CqlFailed("cannot log in")
        pod.disk.transferred.clear()

    def open_cql(start_mode):
        kernel.step()
        if pod.cassandra:
            pod.cassandra.closed = False
            pod.cassandra.cql = pod.cassandra.mode == "NORMAL"

    nothing = lambda *_: None
    return {
        "cql": module(
            "cql", CqlFailed=CqlFailed, peers_of=peers_of, misses_role_replicas=lambda host: False,
            delete_transferred_ranges=delete_transferred_ranges,
        ),
        "superuser": module("superuser", open_cql=open_cql),
        # Of keys of its own in the record, which no decision of another script reads.
        "scheduled_repair": module("scheduled_repair", INTERVAL=0),
        "superuser_secret": module("superuser_secret", exists=lambda: False),
        "superuser_password": module("superuser_password", apply_password_until_done=nothing),
        "auth_replication": module(
            "auth_replication", lower_before_decommission=nothing, raise_after_bootstrap=nothing, lower_after_removal=nothing
        ),
    }  # fmt: skip
