"""Addresses in one form. Kubernetes writes `fd00::5` where Cassandra writes `fd00:0:0:0:0:0:0:5` or `/[fd00:0:0:0:0:0:0:5]:7000`.

Every address that comes from outside is brought into this form where it comes in, so that equal addresses are equal texts.
"""
import ipaddress
import re


def canonical(text):
    """An address as Kubernetes writes it, without the host name, the port and the zone that may stand around it. A text that holds no
    address stays as it is."""
    host = text.rpartition("/")[2]
    with_port = re.fullmatch(r"\[(.*)\](:\d+)?|([^:]*):\d+", host)
    if with_port:
        host = with_port[1] or with_port[3]
    try:
        return str(ipaddress.ip_address(host.partition("%")[0]))
    except ValueError:
        return text


def is_address(text):
    """Whether it is an address, and no name."""
    try:
        ipaddress.ip_address(text)
        return True
    except ValueError:
        return False


def is_ipv6(address):
    """Whether an address in that form is one of IPv6."""
    return ":" in address
