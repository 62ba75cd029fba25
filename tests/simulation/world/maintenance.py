"""What nodetool has a member do with the rows of a ring whose members stay, or are gone: cleanup, repair, removenode."""


def cleanup(process):
    """Drops rows that are others' by now; refused while anybody moves. Whether it was done."""
    if any(one.status != "NORMAL" for one in process.ring.entries.values()):
        return False
    process.disk.rows = {row for row in process.disk.rows if process.host in process.ring.owners(row)}
    return True


def repair(process, is_forced=False):
    """Compares with all other copies; refused while one of them is down."""
    ring = process.ring
    down = [host for host, one in ring.entries.items() if not ring.is_up(host)]
    if down and not is_forced:
        return False
    for row in ring.written:
        owners = [host for host in ring.owners(row) if ring.is_up(host)]
        if process.host in owners and any(row in ring.processes[host].disk.rows for host in owners):
            for host in owners:
                ring.processes[host].disk.rows.add(row)
    return True


def removenode(process, host):
    """Takes a member that is down out of the ring; its rows are streamed to their new owners. @returns why not, or an empty text"""
    ring = process.ring
    if host not in ring.entries:
        return "Host ID not found."
    if ring.is_up(host) or host == process.host:
        return "Node is alive and owns this ID."
    before = {row: ring.owners(row) for row in sorted(ring.written)}
    del ring.entries[host]
    for row, owners in before.items():
        up = [one for one in owners if ring.is_up(one)]
        for owner in ring.owners(row):
            # A new owner streams a row from one of those that had it, which may have missed it.
            is_new = owner not in owners and ring.is_up(owner) and up
            if is_new and row in ring.processes[process.kernel.random.choice(up)].disk.rows:
                ring.processes[owner].disk.rows.add(row)
    return ""
