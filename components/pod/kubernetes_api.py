"""Requests to the Kubernetes API, with the pod's ServiceAccount. The image has no curl, but it has Python."""
import http.client
import json
import os
import ssl
import urllib.error
import urllib.request

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


class NoAnswer(Exception):
    """The API server did not do what was asked: it is away or overloaded, or the ServiceAccount lacks the permission."""


class Conflict(NoAnswer):
    """Somebody else has written first."""


class NotFound(NoAnswer):
    """There is no such object."""


class UnknownPod(NoAnswer):
    """The API server no longer knows this pod."""

    # Answers after which the pod believes it: a single one may come from an API server that has just started.
    BELIEVED_AFTER = 10


class Unauthorized(UnknownPod):
    """The API server does not accept the token of the pod's ServiceAccount."""

    # Five minutes of them: the account may have been made anew, or the API server's clock or key may be wrong for a while. In a namespace
    # that is being deleted, the account goes as well.
    BELIEVED_AFTER = 150


def account(file):
    try:
        with open(os.path.join(ACCOUNT, file)) as f:
            return f.read().strip()
    except OSError as error:
        raise NoAnswer("this pod has no ServiceAccount: %s" % error)


def call(path, patch=None, kind="strategic-merge-patch"):
    """One request: PATCH with a patch, else GET. @raises urllib.error.HTTPError, OSError"""
    host = os.environ["KUBERNETES_SERVICE_HOST"]
    if ":" in host:
        host = "[%s]" % host
    request = urllib.request.Request(
        "https://%s:%s%s" % (host, os.environ["KUBERNETES_SERVICE_PORT"], path),
        method="PATCH" if patch else "GET",
        data=json.dumps(patch).encode() if patch else None,
        headers={"Authorization": "Bearer " + account("token"), "Content-Type": "application/%s+json" % kind},
    )
    context = ssl.create_default_context(cafile=os.path.join(ACCOUNT, "ca.crt"))
    with urllib.request.urlopen(request, timeout=5, context=context) as response:
        return json.load(response)


def request(*arguments):
    """Like `call`, with the errors of this module. @raises NoAnswer"""
    try:
        return call(*arguments)
    except urllib.error.HTTPError as error:
        kind = {401: Unauthorized, 404: NotFound, 409: Conflict}.get(error.code, NoAnswer)
        raise kind("the API server answered %s %s" % (error.code, error.reason))
    except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
        raise NoAnswer("the API server cannot be reached: %s" % error)


def find(path):
    """The object, or None where there is none. @raises NoAnswer"""
    try:
        return request(path)
    except NotFound:
        return None


def namespaced(kind):
    """Path of the objects of a kind in this pod's namespace."""
    return "/api/v1/namespaces/%s/%s" % (account("namespace"), kind)
