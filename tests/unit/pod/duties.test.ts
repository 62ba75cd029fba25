import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { scripts } from "./runScript";

/** Runs Python code beside the pods' scripts. */
const python = (program: string) =>
  execFileSync("python3", ["-B", "-c", `import sys; sys.path.insert(0, "${scripts}")\n${program}`], {
    encoding: "utf8",
    env: { ...process.env, RING_MEMBER: "cassandra-0", POD_IP: "10.0.0.99", RING_RECORD: "r", HOSTNAME: "cassandra-0" },
  });

describe("what a pod does besides", () => {
  it("takes an answer of the API server that is cut off for none", () => {
    const said = python(`
import http.client, kubernetes_api
def call(*_):
    raise http.client.IncompleteRead(b"{", 9)
kubernetes_api.call = call
try:
    kubernetes_api.request("/x")
except kubernetes_api.NoAnswer as reason:
    print(reason)
`);
    assert.match(said, /^the API server cannot be reached: IncompleteRead/);
  });

  it("begins a duty again after an error that nobody expects, and says so", () => {
    const said = python(`
import post_start, system
naps, tries = [], []
system.sleep = naps.append
def duty():
    tries.append(1)
    if len(tries) < 3:
        raise BlockingIOError("no more processes")
    return "done"
print(post_start.do_again_after_errors(duty), naps)
`);
    assert.equal(said.match(/a duty of this member begins again after an error: BlockingIOError/g)?.length, 2);
    assert.match(said, /^done \[60, 60\]$/m);
  });
});
