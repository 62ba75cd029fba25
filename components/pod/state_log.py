"""What Cassandra has logged of its own state. logback.xml has Cassandra write these lines to the disk.

Cassandra writes each line before it goes on. A missing line therefore proves that Cassandra did not come so far. Each start of Cassandra
begins with a line `start <mode> <address>`, which entrypoint.py writes.
"""

import re

from ip_address import canonical

MODES = "NORMAL|JOINING|JOINING_FAILED|LEAVING|DECOMMISSIONED|DECOMMISSION_FAILED|MOVING|DRAINING|DRAINED"


class StateLog:
    """
    addresses           addresses that the member had, one for each start
    mode                last mode of the last start; empty where Cassandra told none
    bootstrap_finished  whether a bootstrap streamed all its data, after which the member announces itself to the ring
    leaving             whether a decommission began and did not end, and the member has not become NORMAL since
    left                whether Cassandra told the ring that the member has left; Cassandra streams all data before that
    bootstrap_again     whether the last start began a bootstrap on a disk that should hold a member: Cassandra refuses the disk
    """

    def __init__(self, text=""):
        self.mode = ""
        self.addresses = []
        self.bootstrap_finished = self.leaving = self.left = self.bootstrap_again = False
        start_mode = address = ""
        for line in text.split("\n"):
            if line.startswith("start "):
                words = line.split()
                if len(words) != 3:
                    continue  # cut off on a full disk
                _, start_mode, address = words
                self.addresses.append(address)
                self.mode, self.bootstrap_again = "", False
                continue
            normal = re.search(r"Node (\S+) state jump to NORMAL", line)
            mode = re.match(r"(%s)(: .*)?$" % MODES, line.strip())
            if mode:
                self.mode = mode.group(1)
            elif normal and canonical(normal.group(1)) == address:
                # At a restart, Cassandra announces NORMAL in no other line. The address is the member's own.
                self.mode = "NORMAL"
            if line.startswith("JOINING: Finish joining ring"):
                self.bootstrap_finished = True
            elif line.startswith("JOINING: Starting to bootstrap") and start_mode == "restart":
                self.bootstrap_again = True
            elif "Discovered existing bootstrap data" in line:
                self.bootstrap_again = True
            elif "have left the ring" in line or "This node was decommissioned and will not rejoin" in line:
                self.left = True
            self.left = self.mode == "DECOMMISSIONED" or (self.left and self.mode != "NORMAL")
            self.leaving = self.mode in ("LEAVING", "DECOMMISSION_FAILED") or (self.leaving and self.mode != "NORMAL")
