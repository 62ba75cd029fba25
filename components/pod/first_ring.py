"""The first ring: its members open CQL only once each of them sees all others. A member that served earlier could put a row where its
owner will not look for it later."""
import sys

import observe
import port_answers
import system
import volume
from gossip import members_up
from kubernetes_api import NoAnswer
from steps import is_member_entry
from system import say


def wait_for_first_ring():
    """Until this member sees all others of the first ring. Returns its host ID."""
    if observe.observe_until_answered(5).has_ordinals:
        return wait_for_ordinals()
    return wait_for_pods()


def has_distributed_keyspaces():
    """Whether Cassandra has made the keyspaces that members share, a second or two before it is a member. `nodetool` costs a second of
    CPU time, and all members need the CPU just then: earlier calls would slow the first ring down."""
    return bool(volume.entries("data/system_auth"))


def wait_for_ordinals():
    view = observe.observe_until_answered(5)
    size = int(view.record["forming"])
    for pod in view.first_pods(size):
        while not port_answers.answers_internode(view.host(pod)):
            system.sleep(1)
    while not has_distributed_keyspaces():
        system.sleep(1)
    while True:
        members = members_up("N")
        if len(members) == size and system.ADDRESS in members:
            return members[system.ADDRESS]
        system.sleep(1)


def wait_for_pods():
    """All members enter the record at once, so that the record knows each of them even if it dies a moment later. If one is gone before,
    all start over."""
    pods = volume.read_note(volume.PHASE)[len("forming ") :].split(" ")
    while True:
        system.sleep(system.PAUSE)
        try:
            view = observe.observe()
        except NoAnswer:
            continue
        if view.record is None:
            continue
        is_recorded = is_member_entry(view.record.get(view.me))
        is_forming = view.record.get("forming", "").split(" ") == pods
        if not is_recorded and not (is_forming and all(view.has_pod(pod) for pod in pods)):
            say("the first ring (%s) did not form: all pods start over" % " ".join(pods))
            if is_forming:
                observe.try_to_record(view, view.clearing_record())
            system.kill_cassandra()
            sys.exit()
        all_gossip = all(port_answers.answers_internode(view.host(pod)) for pod in pods)
        if not has_distributed_keyspaces() or not all_gossip:
            continue
        members = members_up("N")
        if not all(view.host(pod) in members for pod in pods):
            continue
        entries = {pod: "%s %s" % (members[view.host(pod)], view.host(pod)) for pod in pods}
        if is_recorded or observe.try_to_record(view, dict(entries, forming=None, formed=system.now())):
            return members[system.ADDRESS]


def record_formed():
    """The last of the pods with ordinals that enters the record writes that the first ring has formed."""
    observe.record_until_written(formed_entry)


def formed_entry(view):
    pods = view.first_pods(int(view.record.get("forming", 1)))
    is_last = not view.record.get("formed") and all(view.is_member(pod) for pod in pods)
    return {"formed": system.now()} if is_last else {}
