import * as assert from "node:assert/strict";
import { join } from "node:path";
import { Lab } from "../../lab/src/lab";
import { review } from "../support/reviewEdits";
import { nameOf, smallMembers } from "../support/stack";
import { ids, inRingLab, RingStack } from "../support/ringStack";

const minutes = 60_000;
const manifests = join(__dirname, "adoption/cassandra.yaml");

describe("a ring that the tutorials' manifests made", function () {
  this.timeout(25 * minutes);
  let lab: Lab;
  let stack: RingStack;
  let persistent: Record<string, unknown> = { adopt: true, numTokens: 32 };
  const configure = (settings: Record<string, unknown>) =>
    stack.configure({ ...smallMembers, auth: "none", storageClassName: "fast", persistent, ...settings });

  const uids = async () => (await stack.pods()).map(({ metadata }) => metadata.uid);
  /** All that an update could touch, pods and what the controllers say of them aside. */
  const objects = () =>
    lab.kubectl([
      "get",
      "sts,svc,pvc,cm,sa,pdb,netpol",
      "-l",
      "app=cassandra",
      "-o",
      "jsonpath={.items[*].metadata.resourceVersion}",
    ]);

  inRingLab((made) => ({ lab, stack } = made));

  before(async () => {
    await lab.kubectl(["apply", "-f", manifests]);
    await lab.kubectl(["rollout", "status", "statefulset/cassandra", "--timeout=10m"], { timeout: 11 * minutes });
    await stack.oneRing(2);
    await stack.writeRows("cassandra-0", 1000);
  });

  it("is not taken over where its members would not go on, and nothing is touched", async () => {
    const before = [await objects(), await uids()];
    configure({
      replicas: 3,
      datacenter: "dc1",
      clusterName: "mine",
      persistent: { adopt: true },
      volumeSize: "2Gi",
      storageClassName: "",
    });
    await stack.refusedWith(
      [
        'cassandra:replicas: "3" is not allowed for ring cassandra: it is taken over with its own replicas, and scaled afterwards; allowed is "2"',
        'cassandra:datacenter: "dc1" is not allowed for ring cassandra: its members were made with that, and start with no other; allowed is "DC1-K8Demo"',
        'cassandra:clusterName: "mine" is not allowed for ring cassandra: its members were made with that, and start with no other; allowed is "K8Demo"',
        'cassandra:persistent.numTokens: "16" is not allowed for ring cassandra: its members were made with that, and start with no other; allowed is "32"',
        'cassandra:volumeSize: "2Gi" is not allowed for ring cassandra: 1Gi is in its volume claim template, which can never change; allowed is "1Gi"',
        'cassandra:storageClassName: "" is not allowed for ring cassandra: class "fast" is in its volume claim template, which can never change; allowed is "fast"',
      ],
      "preview",
    );
    assert.deepEqual([await objects(), await uids()], before);
  });

  it("is taken over with its pods as they are, and every row", async () => {
    const [before, members] = [await uids(), ids(await stack.oneRing(2))];
    configure({ replicas: 2 });
    assert.match(
      await stack.pulumi("preview"),
      /StatefulSet cassandra and its 2 members are taken over: no data is touched, its pods stay as they are, and none restarts/,
    );
    const told = await review(stack, lab.stackFiles.file(stack.name));
    assert.match(told, /^\*\*No member of a ring moves or restarts\.\*\*$/m);
    for (const kind of ["StatefulSet", "Service"])
      assert.ok(told.includes(`| taken over | ${kind} \`cassandra\` |`), told);
    await stack.up();
    assert.deepEqual(await uids(), before);
    assert.equal(await stack.restarts("cassandra-0"), 0);
    assert.deepEqual(ids(await stack.oneRing(2)), members);
    await stack.everyPodCounts(1000);
    const record = JSON.parse(await lab.kubectl(["get", "configmap", "cassandra-ring", "-o", "json"])) as {
      data: Record<string, string>;
      metadata: { ownerReferences: { name: string }[] };
    };
    const onRecord = ["cassandra-0", "cassandra-1"].map((pod) => record.data[pod].split(" ")[0]);
    assert.deepEqual(onRecord.sort(), members);
    assert.equal(record.metadata.ownerReferences.length, 2);
    await stack.pulumi("preview", "--expect-no-changes");
    await stack.pulumi("refresh", "--yes", "--expect-no-changes");
  });

  it("@all grows and shrinks with its own pods, and members move their rows before they leave", async () => {
    const before = await uids();
    configure({ replicas: 3 });
    await stack.up();
    await stack.oneRing(3);
    await stack.everyPodCounts(1000);
    configure({ replicas: 2 });
    assert.match(await stack.pulumi("preview"), /replicas 3 -> 2: cassandra-2 will be decommissioned/);
    assert.match(await stack.up(), /cassandra-2 has left the ring: the other members hold its data/);
    await stack.oneRing(2);
    await stack.everyPodCounts(1000);
    assert.deepEqual(await uids(), before);
    assert.doesNotMatch(await lab.kubectl(["get", "pvc"]), /cassandra-2/);
  });

  it("@all goes on with the program's own pods, one at a time, with every row", async () => {
    const [before, members] = [await stack.pods(), ids(await stack.oneRing(2))];
    persistent = { ...persistent, podTemplate: "own" };
    configure({ replicas: 2 });
    assert.match(
      await stack.pulumi("preview"),
      /podTemplate kept -> own: members restart one at a time .* cassandra-1 first/,
    );
    const told = await review(stack, lab.stackFiles.file(stack.name));
    assert.match(told, /^\*\*Ring `cassandra`: restarting, one at a time: `cassandra-1`, `cassandra-0`\.\*\*$/m);
    await stack.up();
    const after = await stack.serving(2, { gone: before.map(({ metadata }) => metadata.uid) });
    assert.deepEqual(after.map(nameOf), before.map(nameOf));
    assert.deepEqual(ids(await stack.oneRing(2)), members);
    await stack.everyPodCounts(1000);
    await stack.pulumi("preview", "--expect-no-changes");
    persistent = { ...persistent, podTemplate: "kept" };
    configure({ replicas: 2 });
    await stack.refusedWith(['cassandra:persistent.podTemplate: "kept" is not allowed for ring cassandra'], "preview");
  });

  it("@all comes back on its volumes after destroy and up, and scales", async () => {
    persistent = { ...persistent, podTemplate: "own" };
    configure({ replicas: 2 });
    const members = ids(await stack.oneRing(2));
    await stack.destroy();
    await stack.serving(0);
    await stack.up();
    assert.deepEqual(ids(await stack.oneRing(2)), members);
    await stack.everyPodCounts(1000);
    configure({ replicas: 3 });
    await stack.up();
    await stack.oneRing(3);
    await stack.everyPodCounts(1000);
    configure({ replicas: 2 });
    await stack.up();
    await stack.oneRing(2);
    await stack.everyPodCounts(1000);
  });
});
