"""The address at which clients reach this member where each member has a Service of its own (RING_MEMBER_SERVICE): that of the load
balancer of the Service that is named as the pod. Cassandra tells it to drivers, in this member's place as well as in `system.peers`."""
import os

import system
import volume
from ip_address import canonical, is_address
from kubernetes_api import NoAnswer, find, namespaced
from steps import Wait
from system import say

# What the image's entry point writes into cassandra.yaml.
BROADCAST = "CASSANDRA_BROADCAST_RPC_ADDRESS"


def is_needed():
    """Whether the members of this ring have a Service each."""
    return "RING_MEMBER_SERVICE" in os.environ


def announce():
    """Has Cassandra tell the address to its clients once it starts. Returns a Wait where something must happen before that, else None."""
    name, noted = os.environ["HOSTNAME"], volume.read_note(volume.ADDRESS)
    try:
        service = find(namespaced("services/" + name))
    except NoAnswer as reason:
        if not noted:
            return Wait("Service %s must be readable: clients are told the address of its load balancer (%s)" % (name, reason))
        # A member must be able to restart while the API server is away, and load balancers keep their addresses.
        say("Service %s cannot be read (%s): clients are told the address of before, %s" % (name, reason, noted))
        os.environ[BROADCAST] = noted
        return None
    if service is None:
        # Nobody may be sent to an address that others may have by now. A member that is to leave must be able to start all the same.
        say("there is no Service %s: clients are told the address of this pod, which those outside of the cluster cannot reach" % name)
        volume.remove_note(volume.ADDRESS)
        os.environ.pop(BROADCAST, None)
        return None
    host = balancer_of(service)
    if not host:
        return Wait("Service %s must have the address of a load balancer (status.loadBalancer.ingress), which clients are told" % name)
    # Cassandra would resolve a name as well, but once, and it ends where DNS does not know the name yet.
    address = canonical(host) if is_address(host) else next(iter(system.addresses(host)), "")
    if not address:
        return Wait("DNS must know %s, the load balancer of Service %s" % (host, name))
    if address != noted:
        volume.write_note(volume.ADDRESS, address)
    say("clients are told the address of Service %s, %s" % (name, address))
    os.environ[BROADCAST] = address
    return None


def balancer_of(service):
    """Address or host name of a Service's load balancer, as the cloud gives it; empty while there is none."""
    entries = service.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    return entries[0].get("ip") or entries[0].get("hostname") or ""
