import * as assert from "node:assert/strict";
import { Lab } from "../../lab/src/lab";
import { smallMembers } from "../stack";
import { Load, Report } from "./load";
import { ids, inRingLab, RingStack } from "./ringStack";

const minutes = 60_000;

describe("editing the replica count of a persistent ring", function () {
  this.timeout(25 * minutes);
  let lab: Lab;
  let stack: RingStack;
  const configure = (settings: Record<string, unknown>) =>
    stack.configure({ ...smallMembers, storage: "minikube-hostpath", storageClassName: "fast", ...settings });

  async function scaleTo(replicas: number): Promise<string> {
    configure({ replicas });
    const said = await stack.up();
    await stack.oneRing(replicas);
    await stack.everyPodCounts(1000);
    return said;
  }

  /** Runs `events` with a writer and a reader at QUORUM, and asserts that nothing that was acknowledged is missing. */
  async function underLoad(events: () => Promise<void>): Promise<Report> {
    const addresses = (await stack.pods()).map(({ status }) => status.podIP!);
    const load = await Load.start(lab, "DC1-K8Demo", addresses);
    let report: Report | undefined;
    try {
      await events();
    } finally {
      report = await load.stop();
    }
    console.log(
      `      ${report.acknowledged} writes acknowledged, ${report.present} rows present, ` +
        `${report.failures.length} requests failed, longest silence ${report.longestSilence} ms`,
    );
    assert.ok(report.acknowledged > 100, "the load never came to anything");
    assert.equal(report.present, report.acknowledged);
    return report;
  }

  inRingLab((made) => ({ lab, stack } = made));

  it("3 -> 4 -> 3 -> 4: no request fails, and every row is there", async () => {
    configure({ replicas: 3 });
    await stack.up();
    await stack.writeRows("cassandra-0", 1000);
    const { failures } = await underLoad(async () => {
      const grown = await scaleTo(4);
      assert.match(grown, /replicas 3 -> 4: the older members have dropped the rows that the new ones have taken over/);
      const shrunk = await scaleTo(3);
      assert.match(shrunk, /cassandra-3 has left the ring: the others hold its rows/);
      await scaleTo(4);
    });
    assert.deepEqual(failures, []);
  });

  it("tells in preview who leaves and how much moves, and refuses fewer members than a row has copies", async () => {
    configure({ replicas: 3 });
    assert.match(
      await stack.pulumi("preview"),
      /replicas 4 -> 3: cassandra-3 will be decommissioned, about .* to move; keyspaces keep their copies \(.*load its 3/,
    );
    configure({ replicas: 2 });
    const refused =
      /cassandra:replicas: 2 is not allowed .*\n.*keyspace load keeps 3 copies of each row, for which 2 members/;
    assert.match(await stack.refused("preview"), refused);
    assert.match(await stack.refused("up", "--yes", "--skip-preview"), refused);
    await stack.oneRing(4);
  });

  it("goes on after a kill -9 of the engine in the middle of a decommission", async () => {
    configure({ replicas: 3 });
    await stack.killUp(60, async () => (await stack.log("cassandra-3")).includes("moving the rows of cassandra-3"));
    await stack.pulumi("cancel", "--yes");
    const said = await stack.up();
    assert.match(said, /StatefulSet cassandra updated/);
    await stack.oneRing(3);
    await stack.everyPodCounts(1000);
    await stack.up("--expect-no-changes");
  });

  it("@all stays whole when a member that leaves cannot, and goes on once it can", async () => {
    await scaleTo(4);
    await lab.kubectl(["delete", "pod", "cassandra-1", "--wait=false"]);
    configure({ replicas: 3 });
    const why = await stack.refused("up", "--yes", "--skip-preview");
    assert.match(why, /cassandra:replicas: 3 is not allowed for ring cassandra now:\n.*cassandra-1 is down/);
    await stack.serving(4);
    await stack.oneRing(4);
    await scaleTo(3);
  });

  it("@all 3 -> 5 -> 2 -> 1: takes a ring down to one member whose keyspaces allow it", async () => {
    await stack.cql("cassandra-0", "DROP KEYSPACE load;");
    for (const replicas of [5, 2, 1]) await scaleTo(replicas);
  });

  it("@all does not come up with fewer members than have their volumes kept", async () => {
    const members = (await stack.pods()).length;
    await stack.destroy();
    configure({ replicas: 1 });
    if (members > 1) {
      assert.match(
        await stack.refused("preview"),
        new RegExp(`cassandra:replicas: 1 is below the ${members} members of ring cassandra whose volumes are kept`),
      );
    }
    configure({ replicas: members, volumeRetention: "delete" });
    await stack.up();
    await stack.oneRing(members);
    await stack.everyPodCounts(1000);
    await stack.destroy();
  });

  it("@all refuses a set that is there and not in the stack's state, and takes it over on request", async () => {
    configure({ replicas: 2 });
    await stack.up();
    await stack.writeRows("cassandra-0", 1000);
    const before = ids(await stack.oneRing(2));
    await stack.pulumi("stack", "rm", "--yes", "--force", "--preserve-config");
    await lab.ensureStack(stack.name);
    assert.match(
      await stack.refused("preview"),
      /StatefulSet cassandra is there, with 2 replicas, and not in the state of this stack/,
    );
    configure({ replicas: 2, "kubernetes:upsertExistingObjects": "true" });
    // One pod after another is restarted: the account and the scripts that it names are made anew under other names.
    await stack.up();
    assert.deepEqual(ids(await stack.oneRing(2)), before);
    await stack.everyPodCounts(1000);
    configure({ replicas: 1 });
    await stack.up();
    await stack.oneRing(1);
    await stack.everyPodCounts(1000);
  });
});
