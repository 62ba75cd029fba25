"""Looks at the ring, and writes to its record what was decided."""
import itertools

import ring_record
import system
import workload
from kubernetes_api import NoAnswer, UnknownPod
from ordinal_view import OrdinalView
from unordered_view import UnorderedView


# Views without an answer after which the log tells so.
SILENT_ATTEMPTS = 30


def observe():
    """The view of the ring as it is now. Its record is None when the API server does not answer.
    @raises UnknownPod, for pods without ordinal, when the API server no longer knows this pod"""
    if system.has_ordinal():
        try:
            return OrdinalView(*ring_record.read())
        except NoAnswer as reason:
            return without_answer(OrdinalView(), reason)
    try:
        return UnorderedView(workload.observe())
    except UnknownPod:
        raise
    except NoAnswer as reason:
        return without_answer(UnorderedView(), reason)


def without_answer(view, reason):
    view.no_answer = str(reason)
    return view


def observe_until_answered(pause=2):
    """The view, once the API server answers. After some silence, the log tells why."""
    for attempt in itertools.count(1):
        try:
            view = observe()
            if view.record is not None:
                return view
            reason = view.no_answer
        except NoAnswer as answer:
            reason = answer
        if attempt % SILENT_ATTEMPTS == 0:
            system.wait_for("the ring record must be readable: %s" % reason)
        system.sleep(pause)


def try_to_record(view, changes):
    """Writes what was decided on a view. False when the record has changed since, or the API server refuses."""
    if not changes:
        return True
    try:
        ring_record.change(view.version, changes)
        return True
    except NoAnswer:
        return False


def record_until_written(changes):
    """Writes a fact, whatever else is written meanwhile and however long the API server is away. `changes` are entries of the record, or
    a function that returns them for a view. Returns the view."""
    while True:
        view = observe_until_answered()
        if try_to_record(view, changes(view) if callable(changes) else changes):
            return view


def release_topology_lock():
    record_until_written(lambda view: view.release_topology_lock())
