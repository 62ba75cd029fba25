import * as assert from "node:assert/strict";
import { DataGuard, judgeRings, RingFacts } from "../../../components/index";
import { callHook, record } from "../recorder";

const names = { namespace: "db", clusterName: "orders", datacenter: "dc1" };
const ephemeral: RingFacts = { ...names, name: "cassandra", disk: "pods" };
const persistent: RingFacts = { ...names, name: "cassandra", disk: "volumes" };
const daemon: RingFacts = { ...names, name: "cassandra-daemon", disk: "nodes", hostPath: "/mnt/ring" };
const ringsLeftBehind = (...edit: Parameters<typeof judgeRings>) => judgeRings(...edit).losses;

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
    const pod: RingFacts = { ...names, name: "cassandra", disk: "pods" };
    const adopting = { ephemeral: { ...ephemeral, adopt: "pod" } };
    assert.deepEqual(ringsLeftBehind({ pod }, adopting), []);
    assert.deepEqual(ringsLeftBehind(adopting, adopting), []);
    assert.match(
      ringsLeftBehind(adopting, { ephemeral })[0],
      /^cassandra:ephemeral.adoptPod: this edit gives the pods/,
    );
    assert.equal(ringsLeftBehind({ pod }, { ephemeral }).length, 1);
  });

  it("are those in folders of nodes that are used no longer", () => {
    const moved = { daemon: { ...daemon, hostPath: "/mnt/other" } };
    assert.match(ringsLeftBehind({ daemon }, moved)[0], /^cassandra:daemon.hostPath: .* rows in \/mnt\/ring behind/);
    const pods: RingFacts = { ...names, name: daemon.name, disk: "pods" };
    assert.equal(ringsLeftBehind({ daemon }, { daemon: pods }).length, 1);
    assert.deepEqual(ringsLeftBehind({ daemon: pods }, { daemon }), [], "pods hand their rows over");
  });
});

describe("rings by other names", () => {
  it("are left behind in another namespace", () => {
    assert.deepEqual(judgeRings({ persistent }, { persistent: { ...persistent, namespace: "shop" } }), {
      losses: [
        "cassandra:namespace: this edit leaves ring cassandra (persistent) in namespace db behind, and its volumes stay, and " +
          "a later `pulumi up` of it finds the rows",
      ],
      refusals: [],
    });
  });

  it("keep the way in which clients log in for as long as they run", () => {
    const [open, shut] = [persistent, { ...persistent, auth: "password", superuser: "admin" } as const];
    const refusals = (was: RingFacts, wanted: RingFacts) =>
      judgeRings({ persistent: was }, { persistent: wanted }).refusals;
    assert.deepEqual(refusals(shut, shut), []);
    assert.deepEqual(refusals(shut, { ...open, auth: "none" }), [
      'cassandra:auth: "none" is not allowed for ring cassandra (persistent) while it runs with "password"; allowed is ' +
        '"password", or `pulumi destroy`, which keeps the rows, and then `pulumi up`: no member runs meanwhile',
    ]);
    assert.match(refusals(open, shut)[0], /^cassandra:auth: "password" is not allowed .* runs with "none"/);
    assert.match(
      refusals(open, { ...open, tls: "secret" })[0],
      /^cassandra:tls: "secret" is not allowed .* runs with "none"/,
    );
    const issued = { ...open, tls: "cert-manager", tlsIssuer: "own" } as const;
    assert.match(refusals(issued, { ...issued, tlsIssuer: "Issuer/a" })[0], /^cassandra:tlsIssuer: "Issuer\/a" is not/);
    assert.equal(refusals(issued, open).length, 1, "one line for one choice");
    assert.match(refusals(shut, { ...shut, superuser: "root" })[0], /^cassandra:superuser: "root" .* CREATE ROLE root/);
    const pods = { ...ephemeral, auth: "none" } as const;
    const [why] = judgeRings({ ephemeral: pods }, { ephemeral: { ...ephemeral, auth: "password" } }).refusals;
    assert.match(why, /or a ring of another name, which starts without rows$/);
  });

  it("cannot start: the names of the cluster and of the data centre are those of the rows", () => {
    const { losses, refusals } = judgeRings(
      { persistent },
      { persistent: { ...persistent, clusterName: "sales", datacenter: "dc2" } },
    );
    assert.deepEqual(losses, []);
    assert.equal(refusals.length, 2);
    assert.equal(
      refusals[0],
      'cassandra:clusterName: "sales" is not allowed for ring cassandra (persistent): its members were made with "orders" ' +
        'and start with no other; allowed is "orders", or another ring (cassandra:persistent.name)',
    );
    assert.match(refusals[1], /^cassandra:datacenter: "dc2" is not allowed .*; allowed is "dc1"/);
  });

  it("stay in the racks that their rows were spread over", () => {
    const racks = "a, b, c";
    const why = (was: object, wanted: object) =>
      judgeRings({ persistent: { ...persistent, ...was } }, { persistent: { ...persistent, ...wanted } }).refusals;
    assert.match(
      why({}, { racks })[0],
      /^cassandra:racks: \[a, b, c\] is not allowed for ring cassandra \(persistent\): its members are in \[\], /,
    );
    assert.match(why({ racks }, {})[0], /allowed is \[a, b, c\], or another ring \(cassandra:persistent.name\)$/);
    assert.equal(why({ racks }, { racks: "b, a, c" }).length, 1);
    assert.deepEqual(why({ racks }, { racks }), []);
  });

  it("stay the ones that others have made, and go on from their pods to the program's own only", () => {
    const why = (was: object, wanted: object) =>
      judgeRings({ persistent: { ...persistent, ...was } }, { persistent: { ...persistent, ...wanted } }).refusals;
    const [kept, own] = ["kept", "own"].map((podTemplate) => ({ adopt: "persistent", podTemplate }));
    assert.match(why({}, own)[0], /^cassandra:persistent.adopt: "true" is not allowed .* allowed is "false"$/);
    assert.match(why(kept, {})[0], /^cassandra:persistent.adopt: "false" is not allowed .* allowed is "true"$/);
    assert.match(why(own, kept)[0], /^cassandra:persistent.podTemplate: "kept" is not allowed .* allowed is "own"$/);
    assert.deepEqual(why(kept, own), []);
  });

  it("are adopted by their own name only", () => {
    const adopting = { ephemeral: { ...ephemeral, adopt: "pod", clusterName: "sales" } };
    assert.match(judgeRings({ pod: ephemeral }, adopting).refusals[0], /cassandra:ephemeral.name/);
  });
});

describe("DataGuard", () => {
  const guard = (acceptDataLoss: boolean) =>
    record(
      () =>
        new DataGuard(
          "facts",
          { a: "1" },
          (was, wanted) => ({
            losses: was.a === wanted.a ? [] : [`${was.a} is lost`],
            refusals: wanted.a === "0" ? ["0 is no number to have"] : [],
          }),
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

  it("refuses what cannot work, whatever loss is accepted", async () => {
    await guard(true);
    const refused = callHook("facts-data-guard", { ...edit, newInputs: { a: "0" } });
    await assert.rejects(refused, { message: "0 is no number to have" });
  });

  it("lets pass what loses nothing", async () => {
    await guard(false);
    await callHook("facts-data-guard", { oldInputs: { a: "1" }, newInputs: { a: "1" } });
  });
});
