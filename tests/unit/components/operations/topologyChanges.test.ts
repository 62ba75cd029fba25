import * as assert from "node:assert/strict";
import { NoMemberServesError } from "../../../../components/cassandra/ringQueries";
import type { RingView } from "../../../../components/operations/ringView";
import {
  DecommissionBlocked,
  DecommissioningRing,
  decommissionMembers,
} from "../../../../components/operations/topologyChanges";
import { five, ring } from "./ringView";

const ofThree = ring(five.slice(0, 3));

/** What a ring answers of which nobody asks more than that nothing is the matter. */
const quiet = {
  stallTimeoutMinutes: 15,
  isUnformed: () => Promise.resolve(false),
  recordTutorialPods: () => Promise.resolve(),
  replaceAtNewAddress: () => Promise.resolve(),
  received: () => Promise.resolve(undefined),
  cleanup: () => Promise.resolve(),
};

/**
 * Makes a ring of three, in which the record still lists another member that somebody removed by hand. Its pod serves or not, or does not
 * exist until the StatefulSet is scaled. The clock goes on by a minute with each inspection.
 */
async function decommissionInRingWithout(
  removed: { pod: string; ringOrdinal: number; ready: boolean },
  { hasPod = true, repairsItself = true, isStubborn = false } = {},
) {
  const [done, said]: string[][] = [[], []];
  const written: Record<string, string | null> = {};
  let minutes = 0;
  const client: DecommissioningRing = {
    ...quiet,
    decommission: (pod) => Promise.resolve(void done.push(`decommission ${pod}`)),
    scale: (replicas) => Promise.resolve(void done.push(`scale ${replicas}`)),
    updateRecord: (entries) => Promise.resolve(void Object.assign(written, entries)),
    survey: () => {
      const pod = { ...removed, name: removed.pod, uid: "u", running: true, ending: false, keepsRecord: true };
      return Promise.resolve({
        namespace: "db",
        expected: [],
        pods: done.includes("scale 4") ? [pod] : [],
        record: {},
      });
    },
    inspect: () => {
      minutes++;
      const isForgotten = !isStubborn && removed.pod in written;
      const isMissing = !hasPod && !done.includes("scale 4");
      return Promise.resolve({
        ...ofThree,
        members: ofThree.members.map((one) => ({ ...one, repairsItself })),
        unlisted: isForgotten ? [] : [removed],
        missing: isMissing ? [removed] : [],
      });
    },
  };
  const report = (line: string) => Promise.resolve(void said.push(line));
  const end = decommissionMembers(client, 3, report, { pause: 0, now: () => minutes * 60_000 });
  const error = await end.then(
    () => undefined,
    (reason: Error) => reason,
  );
  return { done, written, said, error };
}

describe("a smaller ring while members repair", () => {
  it("has scheduled repairs end, for ten minutes from then on, and goes on once they have", async () => {
    const [done, paused]: string[][] = [[], []];
    let minutes = 0;
    const client: DecommissioningRing = {
      ...quiet,
      scale: () => Promise.resolve(),
      survey: () => Promise.reject(new Error("nobody is asked")),
      decommission: (pod) => Promise.resolve(void done.push(pod)),
      updateRecord: ({ repairs }) => Promise.resolve(void paused.push(repairs!)),
      inspect: () => {
        minutes++;
        const repairs = minutes <= 8;
        return Promise.resolve({
          ...(done.length === 0 ? ring(five.slice(0, 4)) : ofThree),
          ...(done.length === 0 && { members: five.slice(0, 4).map((one) => ({ ...one, repairs })) }),
        });
      },
    };
    await decommissionMembers(client, 3, () => Promise.resolve(), { pause: 0, now: () => minutes * 60_000 });
    assert.deepEqual(done, ["cassandra-3"]);
    // The pause is renewed before it ends, and nothing is written once nobody repairs.
    assert.deepEqual(paused, ["paused until 1970-01-01T00:11:00Z", "paused until 1970-01-01T00:17:00Z"]);
  });
});

describe("a smaller ring after somebody removed a member by hand", () => {
  const silent = { pod: "cassandra-3", ringOrdinal: 3, ready: false };

  it("has the ring record follow the ring, and the other members repaired", async () => {
    const { error, written, said } = await decommissionInRingWithout(silent);
    assert.equal(error, undefined);
    const { "cassandra-3": entry, "repair.cassandra-3": debt, "repaired.cassandra-3": since, ...owed } = written;
    assert.deepEqual([entry, debt, since], [null, null, null]);
    assert.deepEqual(Object.keys(owed).sort(), ["repair.cassandra-0", "repair.cassandra-1", "repair.cassandra-2"]);
    for (const since of Object.values(owed)) assert.ok(Math.abs(Date.parse(since!) - Date.now()) < 60_000, since!);
    assert.match(said.at(-1)!, /^the ring has not listed cassandra-3 for minutes.*PersistentVolumeClaim stays/);
  });

  it("recreates its pod first, which may have left and not have recorded that, and does not wait for it to serve", async () => {
    const { error, done, written } = await decommissionInRingWithout(silent, { hasPod: false });
    assert.equal(error, undefined);
    assert.deepEqual(done, ["scale 4"]);
    assert.equal(written["cassandra-3"], null);
  });

  it("leaves the repair to a person where the pods are of the tutorials' template", async () => {
    const { error, written, said } = await decommissionInRingWithout(silent, { repairsItself: false });
    assert.equal(error, undefined);
    assert.deepEqual(written, { "cassandra-3": null, "repair.cassandra-3": null, "repaired.cassandra-3": null });
    assert.match(
      said.at(-1)!,
      /you must run `nodetool repair --full` on cassandra-0 and cassandra-1 and cassandra-2, one after another$/,
    );
  });

  it("is refused where the member writes its entry again", async () => {
    const { error } = await decommissionInRingWithout(silent, { isStubborn: true });
    assert.ok(error instanceof DecommissionBlocked, String(error));
    assert.match(error.message, /does not list cassandra-3, which writes its entry into the ring record again/);
  });

  it("changes nothing while the member serves, or is to stay", async () => {
    for (const removed of [
      { ...silent, ready: true },
      { pod: "cassandra-2", ringOrdinal: 2, ready: false },
    ]) {
      const { error, written, done } = await decommissionInRingWithout(removed);
      assert.ok(error instanceof DecommissionBlocked, String(error));
      assert.match(error.message, /for 3 minutes$/);
      assert.deepEqual([written, done], [{}, []]);
    }
  });
});

describe("a smaller ring while no member serves", () => {
  /** @param isStarting whether containers run @param looks after which a member serves */
  const shrink = async (isStarting: boolean, looks: number) => {
    const said: string[] = [];
    let minutes = 0;
    const seen = (): Promise<RingView> => {
      if (minutes++ >= looks) return Promise.resolve(ofThree);
      return Promise.reject(new NoMemberServesError("no member serves", isStarting));
    };
    const client = {
      isUnformed: () => Promise.resolve(false),
      recordTutorialPods: () => Promise.resolve(),
      inspect: seen,
    } as unknown as DecommissioningRing;
    const report = (line: string) => Promise.resolve(void said.push(line));
    const end = decommissionMembers(client, 3, report, { pause: 0, now: () => minutes * 60_000 });
    const error = await end.then(
      () => undefined,
      (reason: Error) => reason.message,
    );
    return { said: [...new Set(said)], error };
  };

  it("waits for one whose container runs, and not for ever", async () => {
    const said = ["waiting for a member to serve: it lists the members"];
    assert.deepEqual(await shrink(true, 3), { said, error: undefined });
    assert.deepEqual(await shrink(true, 30), { said, error: "no member serves" });
  });

  it("is refused at once where no container runs", async () => {
    assert.deepEqual(await shrink(false, 3), { said: [], error: "no member serves" });
  });
});
