import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../../lab/src/lab";
import { ids, inRingLab, RingStack } from "../support/ringStack";
import { range, restrictedV2Policies } from "../support/restrictedV2";
import { smallMembers } from "../support/stack";

const minutes = 60_000;
const rows = 1000;

describe("a ring whose namespace becomes one of OpenShift's", function () {
  this.timeout(25 * minutes);
  let lab: Lab;
  let stack: RingStack;
  let members: string[];
  let localVolumes: object[];

  /** On volumes that Kubernetes gives to a group, as block storage is. */
  const configure = (settings: Record<string, unknown>) =>
    stack.configure({
      ...smallMembers,
      replicas: 2,
      storage: "local",
      localVolumes,
      ...settings,
    });

  inRingLab((made) => ({ lab, stack } = made));

  it("@all runs as the user whom the SCC picks, on the data that another user wrote", async () => {
    localVolumes = [1, 2].map((node) => ({ node: `node${node}`, path: lab.makeDisk(node, "data") }));
    configure({});
    await stack.up();
    members = ids(await stack.oneRing(2));
    await stack.writeRows("cassandra-0", rows, 2);
    const items = restrictedV2Policies("default");
    await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify({ apiVersion: "v1", kind: "List", items }) });
    await refusesRoot();

    configure({ podSecurity: "openshift" });
    const said = await stack.up();
    assert.match(said, /cassandra:podSecurity: the pods of ring cassandra restart one at a time, as another user/);
    assert.deepEqual(ids(await stack.oneRing(2)), members);
    for (const pod of ["cassandra-0", "cassandra-1"]) {
      assert.equal(await stack.exec(pod, ["id"]), `uid=${range.first} gid=0(root) groups=0(root),${range.first}\n`);
      assert.doesNotMatch(await stack.exec(pod, ["cat", "/etc/passwd"]), new RegExp(`${range.first}`));
    }
    await stack.everyPodCounts(rows);
  });

  it("@all writes, keeps snapshots and restarts there", async () => {
    await stack.addRows("cassandra-1", rows, rows);
    // Hard links to files of another user, and files of its own.
    for (const command of ["snapshot", "flush", "compact"]) await stack.exec("cassandra-0", ["nodetool", command]);
    const pods = await stack.pods();
    await lab.kubectl(["delete", "pods", "-l", "app=cassandra"]);
    await stack.serving(2, { gone: pods.map(({ metadata }) => metadata.uid) });
    assert.deepEqual(ids(await stack.oneRing(2)), members);
    await stack.everyPodCounts(2 * rows);
    assert.match(await stack.pulumi("preview", "--diff"), /\b\d+ unchanged/);
  });

  /** Waits until the policies are in force. The API server reads them within a second or two. */
  async function refusesRoot(): Promise<void> {
    const run = ["run", "root", "--image=none", "--dry-run=server", "--overrides"];
    const overrides = JSON.stringify({ spec: { securityContext: { runAsUser: 999, fsGroup: 999 } } });
    for (let i = 0; ; i++) {
      const said = await lab.kubectl([...run, overrides]).catch((error: Error) => error.message);
      if (/unable to validate against any security context constraint/.test(said)) return;
      assert.ok(i < 60, `a pod that names its user is admitted: ${said}`);
      await sleep(500);
    }
  }
});
