"""What Cassandra has said of its state, read from the lines that logback.xml has it write to the disk.

It writes each line before it goes on, so that a line which is not there tells that Cassandra did not come so far. Each life of the
process begins with a line `start <mode>`, which the pod's scripts write.
"""

import re

MODES = "NORMAL|JOINING|JOINING_FAILED|LEAVING|DECOMMISSIONED|DECOMMISSION_FAILED|MOVING|DRAINING|DRAINED"


class States:
    """
    addresses under which the lives were lived
    mode      the last mode that was told in the last life; empty where none was
    finished  whether a bootstrap has come to its end: all was streamed, and the ring is about to be told
    leaving   whether the last that is known of the member as one of the ring is a decommission that has not ended
    left      whether the ring was told that this member has left, which is only after it has streamed all it had
    anew      whether the last life began to bootstrap on a disk that was to be a member's: Cassandra does not take it for one
    """

    def __init__(self, text=""):
        self.mode = ""
        self.addresses = []
        self.finished = self.leaving = self.left = self.anew = False
        start_mode = address = ""
        for line in text.split("\n"):
            if line.startswith("start "):
                _, start_mode, address = line.split()
                self.addresses.append(address)
                self.mode, self.anew = "", False
                continue
            mode = re.match(r"(%s)(: .*)?$" % MODES, line.strip())
            if mode:
                self.mode = mode.group(1)
            elif address and re.search(r"Node /?%s(:\d+)? state jump to NORMAL" % re.escape(address), line):
                # Of itself; Cassandra tells this mode in no other way when it starts.
                self.mode = "NORMAL"
            if line.startswith("JOINING: Finish joining ring"):
                self.finished = True
            elif line.startswith("JOINING: Starting to bootstrap") and start_mode == "restart":
                self.anew = True
            elif "Discovered existing bootstrap data" in line:
                self.anew = True
            elif "have left the ring" in line or "This node was decommissioned and will not rejoin" in line:
                self.left = True
            self.left = self.mode == "DECOMMISSIONED" or (self.left and self.mode != "NORMAL")
            self.leaving = self.mode in ("LEAVING", "DECOMMISSION_FAILED") or (self.leaving and self.mode != "NORMAL")
