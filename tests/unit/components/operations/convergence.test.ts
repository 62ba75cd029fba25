import * as assert from "node:assert/strict";
import { MissingRecordError } from "../../../../components/cassandra/ringPods";
import { Survey } from "../../../../components/operations/ringSurvey";
import { id, joining, left, member, pod, scene, sceneOf, whole } from "./convergingRing";

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

  it("gives up at once without a controller, and names every one that is not there", async () => {
    const absent = ["StatefulSet cassandra-b"];
    await assert.rejects(scene({ ...whole, absent }).run(), {
      message:
        "there is no StatefulSet cassandra-b in namespace db. If somebody has deleted it, `pulumi up --refresh` makes it again, with the data " +
        "that is there. If this update has left it out (`--target`, `--exclude`), the next `pulumi up` makes it",
    });
    const { run, done } = scene({ ...whole, asked: undefined, absent: [...absent, "StatefulSet cassandra-c"] });
    await assert.rejects(
      run(),
      /^Error: there is no StatefulSet cassandra-b and no StatefulSet cassandra-c in namespace db\./,
    );
    assert.deepEqual(done, []);
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
