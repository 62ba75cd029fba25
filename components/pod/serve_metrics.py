"""Serves the metrics of this member: those of metrics.py, and those that the exporter in Cassandra's JVM serves to this pod alone. Runs from
the container's start, so that a member that waits to enter the ring tells so."""
import http.client
import http.server
import os
import socket
import threading
import time
import urllib.request

import certificates
import cql
import metrics
import observe
import port_answers
import system
import volume
from cassandra_mode import state_log
from decide_repair import seconds
from kubernetes_api import NoAnswer

PORT = int(os.environ["RING_METRICS_PORT"])
EXPORTER = "http://127.0.0.1:%s/metrics" % os.environ["RING_EXPORTER_PORT"]
INTERVAL = int(os.environ.get("RING_REPAIR_INTERVAL", "0"))

# Seconds between two looks at the record, which cost a request to the API server, and at the ring, which cost a start of cqlsh.
RECORD_PAUSE, RING_PAUSE = 30, 600

# Seconds for which an answer of the exporter is as good as new: each costs a third of a second with two hundred tables.
FRESH = 5

TABLES = "SELECT JSON keyspace_name, table_name, gc_grace_seconds FROM system_schema.tables;"
PEERS = "SELECT JSON host_id, tokens FROM system.peers;"


class Metrics:
    """What was seen last. Requests are answered from it: none waits for the API server or for cqlsh."""

    def __init__(self):
        self.of_record, self.of_certificate, self.of_ring = [], [], []
        self.exported, self.exported_at = b"", 0.0
        self.lock = threading.Lock()

    def body(self):
        runs = system.cassandra_runs()
        now = metrics.of_state(runs, state_log().mode) + of_disk()
        # What a member that is down has seen of its ring is out of date.
        seen = self.of_record + self.of_certificate + (self.of_ring if runs else [])
        own = metrics.exposition(now + seen, os.environ["CASSANDRA_CLUSTER_NAME"])
        return (self.of_exporter() if runs else b"") + own.encode()

    def of_exporter(self):
        with self.lock:
            if time.monotonic() - self.exported_at >= FRESH:
                try:
                    with urllib.request.urlopen(EXPORTER, timeout=9) as answer:
                        self.exported = answer.read()
                except (OSError, http.client.HTTPException):
                    self.exported = b""  # Cassandra starts or ends
                self.exported_at = time.monotonic()
            return self.exported

    def look_at_record(self):
        while True:
            try:
                view = observe.observe()
            except NoAnswer:
                view = None
            self.of_record = metrics.of_view(view, seconds(system.now()), INTERVAL)
            self.of_certificate = of_certificate()
            system.sleep(RECORD_PAUSE)

    def look_at_ring(self):
        while True:
            self.of_ring = of_ring() if state_log().mode == "NORMAL" and system.cassandra_runs() else []
            system.sleep(RING_PAUSE if self.of_ring else RECORD_PAUSE)


def of_disk():
    try:
        size, free = volume.space()
    except OSError:
        return []
    return [("disk_size_bytes", {}, size), ("disk_free_bytes", {}, free)]


def of_certificate():
    if not certificates.are_needed():
        return []
    end = port_answers.certificate_end(system.ADDRESS)
    return [] if end is None else [("certificate_end_timestamp_seconds", {}, end)]


def of_ring():
    try:
        rows = cql.json_rows(cql.run_as_superuser(TABLES + PEERS))
        view = observe.observe()
    except (cql.CqlFailed, NoAnswer):
        return []
    own = volume.read_note(volume.HOST_ID)
    if view.record is None or not own:
        return []
    listed = [row["host_id"] for row in rows if row.get("tokens")] + [own]
    return metrics.of_ring(view, listed, [row for row in rows if "table_name" in row])


def do_forever(look):
    while True:
        try:
            look()
        except Exception as error:
            system.say("the metrics: a look failed, and is tried again: %r" % error)
            system.sleep(60)


def handler(seen):
    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self):
            if self.path.split("?")[0] != "/metrics":
                return self.send_error(404)
            body = seen.body()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    return Handler


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # Pods of IPv6 alone have no other address.
    address_family = socket.AF_INET6 if ":" in system.ADDRESS else socket.AF_INET

    def handle_error(self, *_):
        """Whoever asks may go away at any moment: that is no matter for the log of the pod."""


def main():
    seen = Metrics()
    for look in (seen.look_at_record, seen.look_at_ring):
        threading.Thread(target=do_forever, args=(look,), daemon=True).start()
    Server((system.ADDRESS, PORT), handler(seen)).serve_forever()


if __name__ == "__main__":
    main()
