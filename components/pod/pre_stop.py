"""What a pod does before it ends. The preStop hook runs this module, and so does process 1 at SIGTERM: Kubernetes sends the signal
however the hook has ended."""
import cassandra_mode
import decommission
import observe
import port_answers
import remove_node
import scratch
import system
from decide_leave import decide_termination
from decommission import DecommissionFailed
from kubernetes_api import NoAnswer, UnknownPod
from steps import StartOver, Terminate, Wait
from system import say, wait_for


def main():
    """A pod of a StatefulSet comes back to its volume: Cassandra flushes, so that the next start replays no commit log. A pod without
    ordinal decommissions its member, if the data is deleted with the pod and the ring stays."""
    scratch.write(scratch.STOPPING, "")
    if system.has_ordinal():
        return drain()
    unknown = 0
    while True:
        try:
            view = observe.observe()
        except UnknownPod as answer:
            unknown += 1
            if unknown < answer.BELIEVED_AFTER:
                system.sleep(system.PAUSE)
                continue
            return say("the API server no longer knows this pod: the pod ends without a decommission")
        unknown = 0
        if view.record is None:
            wait_for("the API server must answer: only it tells whether this pod is deleted or just restarted (%s)" % view.no_answer)
            continue
        mode = cassandra_mode.mode() if system.cassandra_runs() else ""
        step = decide_termination(view, port_answers.answers_cql(system.ADDRESS), mode)
        if isinstance(step, Wait):
            wait_for(step.reason)
        elif isinstance(step, Terminate):
            if terminate(step, view, mode):
                return None
        elif isinstance(step, StartOver):
            if observe.try_to_record(view, view.clearing_record()):
                return None
        else:
            observe.try_to_record(view, step.changes)


def terminate(step, view, mode):
    """One attempt. True once the pod may end."""
    if step.how == "restart cassandra":
        # The state log shows DRAINED until Cassandra has started again, which may take a while.
        system.kill_cassandra()
        wait_for(step.reason)
        return False
    if step.reason:
        say(step.reason)
    if step.how == "open the CQL port":
        # Whether that has worked, the next look at the port tells.
        system.nodetool("enablebinary")
        system.sleep(system.PAUSE)
        return False
    if step.how == "drain":
        drain()
        return True
    return step.how == "exit" or try_to_decommission(view, mode)


def drain():
    if system.cassandra_runs():
        system.nodetool("drain")


def try_to_decommission(view, mode):
    """One attempt. True once there is nothing left to stream."""
    # Cassandra cannot stream to lost members. A member that leaves already can remove no other one. After a removal, all members owe a
    # repair, this one included.
    if mode == "NORMAL" and view.lost_members():
        remove_node.remove(view, view.lost_members())
        observe.release_topology_lock()
        system.sleep(system.PAUSE)
        return False
    say("decommissioning %s: its data is streamed to the other members" % system.MEMBER)
    try:
        if not decommission.decommission(is_cancelled=is_ring_deleted):
            say("the whole ring is being deleted: the decommission is abandoned")
        return True
    except DecommissionFailed as failure:
        say("the decommission failed, %s is still a member; trying again: %s" % (system.MEMBER, failure))
        observe.release_topology_lock()
        system.sleep(10)
        return False


def is_ring_deleted():
    try:
        view = observe.observe()
    except NoAnswer:
        return False
    return view.record is not None and view.desired_replicas() == 0


if __name__ == "__main__":
    main()
