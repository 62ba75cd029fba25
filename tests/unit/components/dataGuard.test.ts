import * as assert from "node:assert/strict";
import { DataGuard, RingFacts, ringsLeftBehind } from "../../../components";
import { callHook, record } from "../recorder";

const ephemeral: RingFacts = { name: "cassandra", disk: "pods" };
const persistent: RingFacts = { name: "cassandra", disk: "volumes" };
const daemon: RingFacts = { name: "cassandra-daemon", disk: "nodes", hostPath: "/mnt/ring" };

describe("rings left behind by an edit", () => {
  it("are none when all stay, and more come", () => {
    assert.deepEqual(ringsLeftBehind({ ephemeral }, { ephemeral, daemon }), []);
  });

  it("are those whose topology changes", () => {
    assert.deepEqual(ringsLeftBehind({ ephemeral }, { persistent }), [
      "cassandra:topologies: this edit leaves ring cassandra (ephemeral) behind: its rows are not carried over to " +
        "ring cassandra (persistent), and its rows go with its pods",
    ]);
    const [back] = ringsLeftBehind({ persistent }, { ephemeral });
    assert.match(back, /and its volumes stay, and a later `pulumi up` of it finds the rows$/);
  });

  it("are those that are taken out of the list, or named otherwise", () => {
    assert.equal(ringsLeftBehind({ ephemeral, daemon }, { ephemeral }).length, 1);
    assert.equal(ringsLeftBehind({ ephemeral }, { ephemeral: { ...ephemeral, name: "other" } }).length, 1);
  });

  it("are none when a pod is adopted, once and for all", () => {
    const pod: RingFacts = { name: "cassandra", disk: "pods" };
    const adopting = { ephemeral: { ...ephemeral, adopt: "pod" } };
    assert.deepEqual(ringsLeftBehind({ pod }, adopting), []);
    assert.deepEqual(ringsLeftBehind(adopting, adopting), []);
    assert.match(ringsLeftBehind(adopting, { ephemeral })[0], /^cassandra:ephemeral.adopt: this edit gives the pods/);
    assert.equal(ringsLeftBehind({ pod }, { ephemeral }).length, 1);
  });

  it("are those in folders of nodes that are used no longer", () => {
    const moved = { daemon: { ...daemon, hostPath: "/mnt/other" } };
    assert.match(ringsLeftBehind({ daemon }, moved)[0], /^cassandra:daemon.hostPath: .* rows in \/mnt\/ring behind/);
    const pods: RingFacts = { name: daemon.name, disk: "pods" };
    assert.equal(ringsLeftBehind({ daemon }, { daemon: pods }).length, 1);
    assert.deepEqual(ringsLeftBehind({ daemon: pods }, { daemon }), [], "pods hand their rows over");
  });
});

describe("DataGuard", () => {
  const guard = (acceptDataLoss: boolean) =>
    record(
      () =>
        new DataGuard(
          "facts",
          { a: "1" },
          (was, wanted) => (was.a === wanted.a ? [] : [`${was.a} is lost`]),
          acceptDataLoss,
        ),
    );
  const edit = { oldInputs: { a: "1" }, newInputs: { a: "2" } };

  it("keeps the facts in the state", async () => {
    const [{ type, inputs }] = await guard(false);
    assert.deepEqual([type, inputs], ["cassandra:index:DataGuard", { a: "1" }]);
  });

  it("refuses a loss, in preview too", async () => {
    await guard(false);
    const refusal = /^1 is lost\nallowed is that with cassandra:acceptDataLoss: true alone$/;
    await assert.rejects(callHook("facts-data-guard", edit, { onDryRun: true }), { message: refusal });
  });

  it("lets a loss pass that is meant, and says so", async () => {
    await guard(true);
    await callHook("facts-data-guard", edit);
  });

  it("lets pass what loses nothing", async () => {
    await guard(false);
    await callHook("facts-data-guard", { oldInputs: { a: "1" }, newInputs: { a: "1" } });
  });
});
