"""run.py BREAKS runs histories. It reads each as a line of JSON: {"seed", "kind", "copies", "replicas", "events": [[name, number, number], ...]}.
While one runs, it asks for decisions of `pulumi up` in lines {"ask", "arguments"}, each answered by a line; the history ends with a line
{"failure", "log"}.
"""
import json
import os
import sys

from history import History, Lost
from pods import read_scripts


def ask(name, *arguments):
    print(json.dumps({"ask": name, "arguments": arguments}), flush=True)
    answer = sys.stdin.readline()
    if not answer:
        os._exit(0)  # nobody wants to know any more
    return json.loads(answer)


def run(told):
    history = History(ask, told["seed"], told.get("kind", "persistent"), told["copies"], told["replicas"])
    try:
        history.run(told["events"])
        return {"failure": None, "log": [], "rows": len(history.world.acknowledged)}
    except Lost as lost:
        return {"failure": str(lost), "log": history.kernel.log}


def main():
    read_scripts(json.loads(sys.argv[1]))
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
