"""The metrics of a member that Cassandra's own do not tell: what its ring record says, and what surrounds it. Nothing here looks at
anything; serve_metrics.py does."""
from decide_repair import repaired_since, seconds

# Names with what they mean, without the prefix `cassandra_ring_`. README.md lists their labels.
HELP = {
    "member_state": "1 for the state of this member: waiting, starting, or the mode of its Cassandra.",
    "record_readable": "Whether the ring record can be read.",
    "members": "Members in the ring record.",
    "members_owing_repair": "Members that owe a repair: they may lack data.",
    "topology_change": "Whether a member joins, leaves, is replaced or is taken out.",
    "cleanup_owed_seconds": "Time since which older members owe nodetool cleanup; 0 if they owe none.",
    "unrepaired_seconds": "Longest time for which the ranges of a member have not been repaired on schedule.",
    "record_differences": "Members that only one of the ring record and the ring knows.",
    "gc_grace_seconds": "Shortest gc_grace_seconds of a table that users made.",
    "disk_size_bytes": "Bytes of the data's disk that Cassandra may use.",
    "disk_free_bytes": "Bytes of them that are free.",
    "certificate_end_timestamp_seconds": "When the certificate ends that clients are shown.",
}


def exposition(samples, cluster):
    """Text in Prometheus's format. @param samples (name, labels, value), all samples of a name together"""
    lines, described = [], set()
    for name, labels, value in samples:
        if name not in described:
            described.add(name)
            lines += ["# HELP cassandra_ring_%s %s" % (name, HELP[name]), "# TYPE cassandra_ring_%s gauge" % name]
        of_all = dict(labels, cassandra_cluster=cluster)
        written = ",".join('%s="%s"' % (key, escaped(text)) for key, text in sorted(of_all.items()))
        lines.append("cassandra_ring_%s{%s} %s" % (name, written, value))
    return "\n".join(lines) + "\n"


def escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def of_state(runs, mode):
    """@param runs whether Cassandra runs @param mode that it has told, empty if none"""
    return [("member_state", {"state": (mode.lower() or "starting") if runs else "waiting"}, 1)]


def of_view(view, now, interval):
    """What the ring record says. @param view None if there is none @param interval seconds between two scheduled repairs; 0 if there are none"""
    if view is None or view.record is None:
        return [("record_readable", {}, 0)]
    samples = [
        ("record_readable", {}, 1),
        ("members", {}, len(view.members())),
        ("members_owing_repair", {}, len(view.members_owing_repair())),
        ("topology_change", {}, 1 if view.topology_change() else 0),
        ("cleanup_owed_seconds", {}, seconds_since((view.record.get("cleanup") or "").split(" ")[0], now)),
    ]
    if interval and view.record.get("formed") and view.other_members():
        since = min(repaired_since(view, name, now) for name in view.members())
        samples.append(("unrepaired_seconds", {}, max(0, int(now - since))))
    return samples


def seconds_since(moment, now):
    since = seconds(moment)
    return 0 if since is None else max(0, int(now - since))


def of_ring(view, listed, tables):
    """What the ring itself says.
    @param listed host IDs of the members that this one lists, itself included
    @param tables rows of system_schema.tables"""
    recorded = {view.record[name].split(" ")[0] for name in view.members()}
    samples = [("record_differences", {}, len(recorded ^ set(listed)))]
    # With none, nothing that is deleted from the table is remembered: nobody deletes from it.
    own = [table for table in tables if not table["keyspace_name"].startswith("system") and table["gc_grace_seconds"]]
    if own:
        table = min(own, key=lambda row: row["gc_grace_seconds"])
        labels = {"keyspace": table["keyspace_name"], "table": table["table_name"]}
        samples.append(("gc_grace_seconds", labels, table["gc_grace_seconds"]))
    return samples
