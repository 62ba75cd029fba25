"""Looks at the ring, and writes to its record what was decided."""
import ring_record
import system
import workload
from kubernetes_api import NoAnswer, UnknownPod
from ordinal_view import OrdinalView
from unordered_view import UnorderedView


def observe():
    """The view of the ring as it is now. Its record is None when the API server does not answer.
    @raises UnknownPod, for pods without ordinal, when the API server no longer knows this pod"""
    if system.has_ordinal():
        try:
            return OrdinalView(*ring_record.read())
        except NoAnswer:
            return OrdinalView()
    try:
        return UnorderedView(workload.observe())
    except UnknownPod:
        raise
    except NoAnswer:
        return UnorderedView()


def observe_until_answered(pause=2):
    """The view, once the API server answers."""
    while True:
        try:
            view = observe()
            if view.record is not None:
                return view
        except NoAnswer:
            pass
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
