"""The Secret with the superuser of a ring whose clients log in.

`pulumi up` writes the keys `username` and `password`. The pods write the key `known`: the password that the ring has. With that password
the pods set another one, also when a ring comes up on kept volumes while `password` was made anew.
"""
import base64
import os

from kubernetes_api import namespaced, request


def exists():
    """Whether clients of this ring log in."""
    return "RING_SUPERUSER" in os.environ


def name():
    return os.environ["RING_SUPERUSER"]


def path():
    return namespaced("secrets/" + name())


def read():
    """Username, password, and the password that was applied to the ring, or an empty one. @raises NoAnswer"""
    data = request(path()).get("data") or {}
    return tuple(base64.b64decode(data.get(key, "")).decode() for key in ("username", "password", "known"))


def write_applied_password(password):
    """@raises NoAnswer"""
    request(path(), {"data": {"known": base64.b64encode(password.encode()).decode()}})
