"""Whether Cassandra answers at a port. A connection alone proves nothing: the proxy of a service mesh accepts every connection, whether
or not anything listens behind it, and the kernel accepts connections for a process that stands still. So each function here sends the
first message of a protocol and reads what only Cassandra answers. Nothing is decided here.

The readiness probe runs this module every other second: it imports little, and a ring without encryption no SSL.
"""
import os
import socket
import struct
import sys
import time
import zlib

CQL_PORT = 9042
INTERNODE_PORT = 7000

# Seconds for a connection, and for the answer on top of that. A member whose Java collects garbage answers late.
CONNECT_SECONDS, ANSWER_SECONDS = 2, 3

# CQL: an OPTIONS request of protocol version 4 (header: version, flags, stream, opcode, length of the body), which needs no login.
OPTIONS = struct.pack(">BBhBi", 4, 0, 0, 5, 0)
RESPONSE, SUPPORTED = 0x80, 6

# Connections between members begin with this number. Checksums are CRC-32, begun with the bytes of CRC_SEED.
MAGIC = 0xCA552DFA
CRC_SEED = zlib.crc32(b"\xfa\x2d\x55\xca")
# The only version of messages that is asked for: none that Cassandra has. It answers with its own and closes the connection. With one that
# it has, it would take this version for that of the member at this address, and would send messages of an older one to it.
NO_VERSION = 0xFF
SMALL_MESSAGES, CRC_FRAMES = 2, 1 << 4


def answers_cql(host):
    """Whether a member serves CQL: it answers an OPTIONS request. Cassandra opens the CQL port when its member is NORMAL."""
    return _answers(host, CQL_PORT, OPTIONS, _is_supported, "client_encryption_options")


def answers_internode(host):
    """Whether the Cassandra of a member runs, though it may not serve CQL yet: it answers the handshake of a connection between members.
    Cassandra logs that it has refused the connection."""
    return _answers(host, INTERNODE_PORT, _initiate(os.environ["POD_IP"]), _is_accept, "server_encryption_options")


def is_silent(host):
    """Whether the Cassandra of a member takes connections of other members, or lets them wait, and says nothing at all: neither an answer nor
    a refusal, not even that it wants encryption."""
    try:
        with socket.create_connection((host, INTERNODE_PORT), timeout=CONNECT_SECONDS) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.sendall(_initiate(os.environ["POD_IP"]))
            connection.recv(1)
            return False
    except socket.timeout:
        return True
    except OSError:
        return False


# OpenSSL's X509_V_FLAG_NO_CHECK_TIME and X509_V_FLAG_PARTIAL_CHAIN: a certificate that has ended is what somebody must hear of, and Java
# trusts an authority that another one has signed.
AS_JAVA_OR_ENDED = 0x200000 | 0x80000


def certificate_end(host):
    """When the certificate ends that a member shows its clients, in seconds since the epoch; None where nobody shows one of the ring's
    authority."""
    import ssl

    try:
        context = _ring_context(ssl)
        context.verify_mode, context.verify_flags = ssl.CERT_REQUIRED, context.verify_flags | AS_JAVA_OR_ENDED
        context.load_verify_locations(os.path.join(_tls_folder(), "ca.crt"))
        with socket.create_connection((host, CQL_PORT), timeout=CONNECT_SECONDS) as connection:
            with context.wrap_socket(connection) as channel:
                return ssl.cert_time_to_seconds(channel.getpeercert()["notAfter"])
    except OSError:
        return None


def _is_supported(connection):
    version, _, _, opcode, _ = struct.unpack(">BBhBi", _read(connection, 9))
    return bool(version & RESPONSE) and opcode == SUPPORTED


def _initiate(address):
    """First message of a connection between members (HandshakeProtocol.Initiate): the number, flags, who asks, a checksum."""
    flags = SMALL_MESSAGES | CRC_FRAMES | NO_VERSION << 8 | NO_VERSION << 16 | NO_VERSION << 24
    packed = socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    message = struct.pack(">IIB", MAGIC, flags, len(packed) + 2) + packed + struct.pack(">H", INTERNODE_PORT)
    return message + struct.pack(">I", zlib.crc32(message, CRC_SEED))


def _is_accept(connection):
    """HandshakeProtocol.Accept: the version to use, the newest version, and a checksum."""
    answer = _read(connection, 12)
    return zlib.crc32(answer[:8], CRC_SEED) == struct.unpack(">I", answer[8:])[0]


def _answers(host, port, request, is_answer, encryption):
    """Asks plainly or encrypted, as the members of this ring are configured; then the other way, since members restart one by one when a
    person changes that. A port that nothing listens at, or that stays silent, is not asked again."""
    is_encrypted = _is_encrypted(encryption)
    for encrypts in (is_encrypted, not is_encrypted):
        try:
            with socket.create_connection((host, port), timeout=CONNECT_SECONDS) as connection:
                connection.settimeout(ANSWER_SECONDS)
                try:
                    with _encrypted(connection) if encrypts else connection as channel:
                        channel.sendall(request)
                        if is_answer(channel):
                            return True
                except socket.timeout:
                    return False
                except OSError as error:
                    if encrypts and is_encrypted and _demands_certificate(error):
                        return True
        except OSError:
            return False
    return False


def _read(connection, size):
    """Exactly that many bytes, within the time for an answer however slowly they come. @raises OSError"""
    data, until = b"", time.monotonic() + ANSWER_SECONDS
    while len(data) < size:
        if time.monotonic() > until:
            raise socket.timeout("no answer")
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("closed without an answer")
        data += part
    return data


def _is_encrypted(key):
    """Whether these scripts have been given encryption for a port: a key of the changes of cassandra.yaml."""
    try:
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cassandra.json")) as file:
            text = file.read()
    except OSError:
        return False
    if key not in text:
        return False
    import json

    options = json.loads(text).get(key) or {}
    return options.get("internode_encryption", "none") != "none" or options.get("enabled") in (True, "true")


def _encrypted(connection):
    """The same connection with TLS. The certificate is not checked: nothing is told but that somebody asks. The ring's own certificate is
    shown, since members demand one. @raises OSError"""
    import ssl

    return _ring_context(ssl).wrap_socket(connection)


def _ring_context(ssl):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if "RING_TLS" in os.environ:
        context.load_cert_chain(os.path.join(_tls_folder(), "tls.crt"), os.path.join(_tls_folder(), "tls.key"))
    return context


def _tls_folder():
    return os.environ.get("RING_TLS_FOLDER", "/tls")


def _demands_certificate(error):
    """Whether somebody with encryption of their own (`cassandraYaml`) is refused for want of a certificate, of which these scripts do not
    know. No more can be asked there."""
    return "RING_TLS" not in os.environ and "ALERT" in (getattr(error, "reason", None) or "")


if __name__ == "__main__":
    sys.exit(0 if answers_cql(os.environ["POD_IP"]) else "Cassandra does not answer at the CQL port")
