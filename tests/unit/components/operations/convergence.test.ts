import * as assert from "node:assert/strict";
import { MissingRecordError } from "../../../../components/cassandra/ringPods";
import { previewConvergence, converge, ConvergingRing } from "../../../../components/operations/convergence";
import { AskPolicy } from "../../../../components/cassandra/ringViews";
import { Member, RingView } from "../../../../components/operations/decommissionPlan";
import { ObservedPod, Survey } from "../../../../components/operations/ringSurvey";

const id = "10000000-0000-4000-8000-000000000000";
const pod: ObservedPod = {
  name: "cassandra-0",
  uid: "new",
  ringOrdinal: 0,
  address: "10.0.0.1",
  running: true,
  ready: true,
  ending: false,
  keepsRecord: true,
};
const member = {
  hostId: id,
  address: "10.0.0.1",
  datacenter: "dc1",
  rack: "rack1",
  tokens: 16,
  up: true,
  state: "normal",
} as const;
const whole: Survey = {
  namespace: "db",
  asked: 1,
  expected: ["cassandra-0"],
  pods: [pod],
  record: { "cassandra-0": `${id} 10.0.0.1` },
  listed: [member],
};
const left: Survey = {
  ...whole,
  pods: [{ ...pod, uid: "old", ready: false }],
  record: { "cassandra-0": "left old" },
  listed: undefined,
};
const joining: Survey = { ...left, pods: [{ ...pod, ready: false }] };

/** A ring of two, of which one is to go. */
const memberOf = (ringOrdinal: number): Member => ({
  pod: `cassandra-${ringOrdinal}`,
  claim: `data-cassandra-${ringOrdinal}`,
  ringOrdinal,
  up: true,
  state: "normal",
});
const ofTwo: RingView = {
  namespace: "db",
  members: [memberOf(0), memberOf(1)],
  unknownMembers: [],
  unlisted: [],
  membersAwaitingRepair: [],
  keyspaces: [],
  datacenter: "dc1",
};

/**
 * A ring that is seen as this, look after look, and then as the last of it; the clock goes on by a minute with each.
 * @param repairs looks for which a member is repaired while others are to leave
 * @param missing members that have no pod until the set is scaled
 */
function sceneOf(seen: Survey[], repairs = 0, missing: string[] = []) {
  let inspections = 0;
  const [said, done]: [string[], string[]] = [[], []];
  let looks = 0;
  const client: ConvergingRing = {
    recordTutorialPods: () => Promise.resolve(),
    survey: () => Promise.resolve(seen[Math.min(looks++, seen.length - 1)]),
    cancelDecommission: (pod) => Promise.resolve(void done.push(`cancelDecommission ${pod}`)),
    rejoin: ({ uid }) => Promise.resolve(!!done.push(`delete ${uid}`)),
    replaceAtNewAddress: ({ uid }) => Promise.resolve(void done.push(`delete ${uid}`)),
    updateRecord: (entries) => Promise.resolve(void done.push(`updateRecord ${JSON.stringify(entries)}`)),
    received: () => Promise.resolve({ received: looks * 2 ** 20, toReceive: 100 * 2 ** 20 }),
    cleanup: (pod) => Promise.resolve(void done.push(`clean ${pod}`)),
    scale: (replicas) => Promise.resolve(void done.push(`scale ${replicas}`)),
    isUnformed: () => Promise.resolve(false),
    inspect: () => {
      const isMissing = (name: string) => missing.includes(name) && !done.includes("scale 2");
      const staying = ofTwo.members
        .filter((one) => !done.includes(`decommission ${one.pod}`))
        .map((one) => ({ ...one, up: !isMissing(one.pod) }));
      const gone = staying.filter(({ pod }) => isMissing(pod));
      return Promise.resolve({
        ...ofTwo,
        membersAwaitingRepair: inspections++ < repairs ? ["cassandra-0"] : [],
        members: staying,
        missing: gone,
      });
    },
    stallTimeoutMinutes: 7,
    leavesByItself: false,
    decommission: (pod) => Promise.resolve(void done.push(`decommission ${pod}`)),
    repairOwners: () => Promise.resolve([]),
  };
  const run = (stallTimeoutMinutes?: number) =>
    converge(
      client,
      { replicas: seen[0].expected.length, stallTimeoutMinutes },
      {
        report: (line) => Promise.resolve(void said.push(line)),
        warn: (line) => Promise.resolve(void said.push(`warning: ${line}`)),
        pauses: 0,
        now: () => looks * 60_000,
      },
    );
  return { client, run, said, done };
}

const scene = (...seen: Survey[]) => sceneOf(seen);

describe("the look at a ring at the end of an update", () => {
  it("says and does nothing where all is well", async () => {
    const { run, said, done } = scene(whole);
    await run();
    assert.deepEqual([said, done], [[], []]);
  });

  it("warns of owners of the record that were not the ring's volumes, where the account may look at them", async () => {
    const { client, run, said } = scene(joining, whole);
    client.repairOwners = () => Promise.resolve(["the owners were corrected"]);
    await run();
    assert.deepEqual(said.slice(-1), ["warning: the owners were corrected"]);
    const blind = scene(whole);
    blind.client.repairOwners = () => Promise.reject(Object.assign(new Error("no"), { code: 403 }));
    await blind.run();
    blind.client.repairOwners = () => Promise.reject(new Error("broken"));
    await assert.rejects(blind.run(), /^Error: broken$/);
  });

  it("takes a member back that has left, waits until it serves, and has the rows dropped that others have taken over", async () => {
    const two = { ...whole, expected: ["cassandra-0", "cassandra-1"], asked: 2 };
    const other = { ...pod, name: "cassandra-1", ringOrdinal: 1, address: "10.0.0.2" };
    const listed = [member, { ...member, hostId: id.replace("1", "2"), address: "10.0.0.2" }];
    const ready = {
      ...two,
      pods: [pod, other],
      listed,
      record: { ...whole.record, "cassandra-1": `${listed[1].hostId} x` },
    };
    const gone = {
      ...ready,
      pods: [{ ...pod, uid: "old" }, other],
      record: { ...ready.record, "cassandra-0": "left old" },
    };
    const { run, said, done } = scene(gone, ready);
    await run();
    assert.deepEqual(done, ["delete old", "clean cassandra-0", "clean cassandra-1"]);
    assert.match(said.join("\n"), /cassandra-0 has left the ring, though replicas is 2: it joins again/);
  });

  it("gives up at once without a ring record, which nobody makes while it waits", async () => {
    const { client, run } = scene(whole);
    client.survey = () => Promise.reject(new MissingRecordError("ConfigMap cassandra-ring is not in namespace db"));
    await assert.rejects(run(), /^Error: ConfigMap cassandra-ring is not in namespace db$/);
  });

  it("has a member stay", async () => {
    const { run, done } = scene({ ...whole, listed: [{ ...member, state: "leaving" }] }, whole);
    await run();
    assert.deepEqual(done, ["cancelDecommission cassandra-0"]);
  });

  it("waits as long as a member that joins receives its share, and tells how far it is", async () => {
    const { run, said } = scene(...Array<Survey>(60).fill(joining), whole);
    await run(7);
    assert.match(said.join("\n"), /waiting for cassandra-0 to join the ring and serve: 1.0 MiB of 100.0 MiB received/);
  });

  it("gives up after minutes without progress, and says what is missing", async () => {
    const silent = { ...whole, pods: [{ ...pod, ready: false }] };
    await assert.rejects(scene(silent).run(7), {
      message:
        /^the ring is not complete: for 7 minutes, waiting for cassandra-0 to serve again: `kubectl logs -n db cassandra-0` may tell why\. The next/,
    });
  });

  it("brings a member back whose set was made smaller by hand, and has it leave", async () => {
    const ghost = { ...member, hostId: id.replace("1", "2"), address: "10.0.0.2", up: false };
    const cut = {
      ...whole,
      missing: [{ name: "cassandra-1", ringOrdinal: 1 }],
      listed: [member, ghost],
      record: { ...whole.record, "cassandra-1": `${ghost.hostId} 10.0.0.2` },
    };
    const back = { ...whole, asked: 2, pods: [pod, { ...pod, name: "cassandra-1", ringOrdinal: 1 }] };
    const { run, done } = sceneOf([cut, back, whole], 0, ["cassandra-1"]);
    await run();
    assert.deepEqual(
      done.filter((deed) => !deed.startsWith("clean")),
      ["scale 2", "decommission cassandra-1", "scale 1"],
    );
  });

  it("waits for the end of a repair before it has members leave that are too many", async () => {
    const { run, said, done } = sceneOf([{ ...whole, asked: 2 }, whole], 3);
    await run();
    assert.match(said.join("\n"), /waiting: cassandra-0 is being repaired/);
    assert.deepEqual(done.at(-1), "scale 1");
  });

  it("has the sets ask for as many pods as the stack does; members that are too many leave first", async () => {
    const more = scene({ ...whole, asked: 2 }, whole);
    await more.run();
    assert.deepEqual(more.done, ["clean cassandra-0", "clean cassandra-1", "decommission cassandra-1", "scale 1"]);
    const fewer = scene({ ...whole, asked: 0 }, whole);
    await fewer.run();
    assert.deepEqual(fewer.done, ["scale 1"]);
  });

  it("does not wait long for what a person has to do", async () => {
    const ghost = { ...member, hostId: id.replace("1", "9"), address: "10.0.0.9", up: false };
    await assert.rejects(
      scene({ ...whole, listed: [member, ghost] }).run(),
      /the ring is not complete: for 1 minutes, waiting for the member at 10.0.0.9 .*nodetool removenode/,
    );
  });

  it("does not give up because one look failed, and says why all of them did", async () => {
    const { client, run } = scene(whole);
    const { survey } = client;
    let looks = 0;
    client.survey = () => (looks++ === 0 ? Promise.reject(new Error("broke off")) : survey(1));
    await run();
    client.survey = () => survey(1).then(() => Promise.reject(new Error("broke off")));
    await assert.rejects(
      run(3),
      /the ring is not complete: for 3 minutes, waiting for an answer of the ring: broke off/,
    );
  });

  it("goes by pods and record where the account may not run commands in pods, and says so", async () => {
    const { client, run, said, done } = scene(
      { ...left, isBlind: true },
      { ...whole, listed: undefined, isBlind: true },
    );
    const { survey } = client;
    const forbidden = Object.assign(new Error("this account may not run commands in pods"), { code: 403 });
    client.survey = (replicas, asks) => (asks === "never" ? survey(replicas, asks) : Promise.reject(forbidden));
    await run();
    assert.deepEqual(done, ["delete old"]);
    assert.match(
      said[0],
      /only the pods and the ring record can be checked: this account may not run commands in pods/,
    );
  });

  it("puts on record what the ring tells where the pods do not", async () => {
    const stale = { ...whole, record: { "cassandra-0": "empty" } };
    const { run, done } = scene(stale, stale, whole);
    await run();
    assert.deepEqual(done, [`updateRecord {"cassandra-0":"${id} 10.0.0.1"}`]);
  });
});

describe("the look at a ring in preview", () => {
  const told = async (survey: ConvergingRing["survey"]) => {
    const said: string[] = [];
    await previewConvergence({ survey }, 1, (line) => Promise.resolve(void said.push(line)));
    return said;
  };

  it("tells what `pulumi up` will do, and nothing where all is well", async () => {
    assert.deepEqual(await told(() => Promise.resolve(whole)), []);
    assert.deepEqual(await told(() => Promise.resolve(left)), [
      "cassandra-0 has left the ring, though replicas is 1: `pulumi up` makes it join again",
    ]);
  });

  it("leaves an edit of the count to the hooks that tell of it, and a ring that is not there alone", async () => {
    assert.deepEqual(await told(() => Promise.resolve({ ...left, asked: 3 })), []);
    assert.deepEqual(await told(() => Promise.resolve({ ...left, asked: undefined, pods: [] })), []);
  });

  it("goes by pods and record where the account may not run commands in pods", async () => {
    const forbidden = Object.assign(new Error("may not run commands"), { code: 403 });
    for (const [seen, lines] of [
      [whole, 0],
      [left, 1],
    ] as const) {
      const survey = (_: number, asks?: AskPolicy) =>
        asks === "never" ? Promise.resolve({ ...seen, listed: undefined, isBlind: true }) : Promise.reject(forbidden);
      assert.equal((await told(survey)).length, lines);
    }
  });

  it("says what it could not look at, and fails no preview", async () => {
    const [line] = await told(() => Promise.reject(new Error("pods is forbidden")));
    assert.match(line, /could not be checked: pods is forbidden\. `pulumi up` checks again/);
  });
});
