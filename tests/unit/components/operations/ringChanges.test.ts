import * as assert from "node:assert/strict";
import { CockroachCluster, RingSnapshot } from "../../../../components/index";
import { usePropertyNames } from "../../../../components/engine/propertyNames";
import { validateRingChanges } from "../../../../components/operations/ringChanges";
import { podArgs } from "../../../support/args";
import { record } from "../../../support/recorder";

const names = { namespace: "db", clusterName: "orders", datacenter: "dc1" };
const ephemeral: RingSnapshot = { ...names, name: "cassandra", disk: "pods" };
const persistent: RingSnapshot = { ...names, name: "cassandra", disk: "volumes" };
const daemon: RingSnapshot = { ...names, name: "cassandra-daemon", disk: "nodes", hostPath: "/mnt/ring" };
const ringsLeftBehind = (...edit: Parameters<typeof validateRingChanges>) => validateRingChanges(...edit).losses;

describe("rings left behind by an edit", () => {
  it("are none when all stay, and more come", () => {
    assert.deepEqual(ringsLeftBehind({ ephemeral }, { ephemeral, daemon }), []);
  });

  it("are those whose topology changes", () => {
    assert.deepEqual(ringsLeftBehind({ ephemeral }, { persistent }), [
      "topologies: this edit leaves ring cassandra (ephemeral) behind: its data is not carried over to " +
        "ring cassandra (persistent), and its data is deleted with its pods",
    ]);
    const [back] = ringsLeftBehind({ persistent }, { ephemeral });
    assert.match(back, /and its volumes stay, and a later `pulumi up` of it finds the data$/);
  });

  it("are those that are taken out of the list, or named otherwise", () => {
    assert.equal(ringsLeftBehind({ ephemeral, daemon }, { ephemeral }).length, 1);
    assert.equal(ringsLeftBehind({ ephemeral }, { ephemeral: { ...ephemeral, name: "other" } }).length, 1);
  });

  it("are none when a pod is adopted, once and for all", () => {
    const pod: RingSnapshot = { ...names, name: "cassandra", disk: "pods" };
    const adopting = { ephemeral: { ...ephemeral, adopt: "pod" } };
    assert.deepEqual(ringsLeftBehind({ pod }, adopting), []);
    assert.deepEqual(ringsLeftBehind(adopting, adopting), []);
    assert.match(ringsLeftBehind(adopting, { ephemeral })[0], /^adoptPod: this edit gives up the pods/);
    assert.equal(ringsLeftBehind({ pod }, { ephemeral }).length, 1);
  });

  it("are those in folders of nodes that are used no longer", () => {
    const moved = { daemon: { ...daemon, hostPath: "/mnt/other" } };
    assert.match(ringsLeftBehind({ daemon }, moved)[0], /^hostPath: .* data in \/mnt\/ring behind/);
    const pods: RingSnapshot = { ...names, name: daemon.name, disk: "pods" };
    assert.equal(ringsLeftBehind({ daemon }, { daemon: pods }).length, 1);
    assert.deepEqual(ringsLeftBehind({ daemon: pods }, { daemon }), [], "pods hand their rows over");
  });
});

describe("rings by other names", () => {
  it("are left behind in another namespace", () => {
    assert.deepEqual(validateRingChanges({ persistent }, { persistent: { ...persistent, namespace: "shop" } }), {
      losses: [
        'namespace: "shop": this edit leaves ring cassandra (persistent) in namespace db behind, and its volumes stay, ' +
          'and a later `pulumi up` of it finds the data; allowed is "db"',
      ],
      refusals: [],
    });
  });

  it("keep the way in which clients log in for as long as they run", () => {
    const [open, shut] = [persistent, { ...persistent, auth: "password", superuser: "admin" } as const];
    const refusals = (was: RingSnapshot, wanted: RingSnapshot) =>
      validateRingChanges({ persistent: was }, { persistent: wanted }).refusals;
    assert.deepEqual(refusals(shut, shut), []);
    assert.deepEqual(refusals(shut, { ...open, auth: "none" }), [
      'auth: "none" is not allowed for ring cassandra (persistent) while it runs with "password"; allowed is ' +
        '"password", or `pulumi destroy`, which keeps the data, and then `pulumi up`: no member runs meanwhile',
    ]);
    assert.match(refusals(open, shut)[0], /^auth: "password" is not allowed .* runs with "none"/);
    assert.match(refusals(open, { ...open, tls: "secret" })[0], /^tls: "secret" is not allowed .* runs with "none"/);
    const issued = { ...open, tls: "cert-manager", tlsIssuer: "own" } as const;
    assert.match(refusals(issued, { ...issued, tlsIssuer: "Issuer/a" })[0], /^tlsIssuer: "Issuer\/a" is not/);
    assert.equal(refusals(issued, open).length, 1, "one line for one choice");
    assert.match(refusals(shut, { ...shut, superuser: "root" })[0], /^superuser: "root" .* CREATE ROLE root/);
    const pods = { ...ephemeral, auth: "none" } as const;
    const [why] = validateRingChanges({ ephemeral: pods }, { ephemeral: { ...ephemeral, auth: "password" } }).refusals;
    assert.match(why, /or a ring of another name, which starts without data$/);
  });

  it("cannot start: the names of the cluster and of the data centre are those of the rows", () => {
    const { losses, refusals } = validateRingChanges(
      { persistent },
      { persistent: { ...persistent, clusterName: "sales", datacenter: "dc2" } },
    );
    assert.deepEqual(losses, []);
    assert.equal(refusals.length, 2);
    assert.equal(
      refusals[0],
      'clusterName: "sales" is not allowed for ring cassandra (persistent): its members were made with "orders" ' +
        'and start with no other; allowed is "orders", or another ring (a second component beside this one)',
    );
    assert.match(refusals[1], /^datacenter: "dc2" is not allowed .*; allowed is "dc1"/);
  });

  it("cancelDecommission in the racks that their rows were spread over", () => {
    const racks = "a, b, c";
    const why = (was: object, wanted: object) =>
      validateRingChanges({ persistent: { ...persistent, ...was } }, { persistent: { ...persistent, ...wanted } })
        .refusals;
    assert.match(
      why({}, { racks })[0],
      /^racks: \[a, b, c\] is not allowed for ring cassandra \(persistent\): its members are in \[\], /,
    );
    assert.match(
      why({ racks }, {})[0],
      /allowed is \[a, b, c\], or another ring \(a second component beside this one\)$/,
    );
    assert.equal(why({ racks }, { racks: "b, a, c" }).length, 1);
    assert.deepEqual(why({ racks }, { racks }), []);
  });

  it("cancelDecommission the ones that others have made, and go on from their pods to the program's own only", () => {
    const why = (was: object, wanted: object) =>
      validateRingChanges({ persistent: { ...persistent, ...was } }, { persistent: { ...persistent, ...wanted } })
        .refusals;
    const [kept, own] = ["kept", "own"].map((podTemplate) => ({ adopt: "persistent", podTemplate }));
    assert.match(why({}, own)[0], /^adopt: "true" is not allowed .* allowed is "false"$/);
    assert.match(why(kept, {})[0], /^adopt: "false" is not allowed .* allowed is "true"$/);
    assert.match(why(own, kept)[0], /^podTemplate: "kept" is not allowed .* allowed is "own"$/);
    assert.deepEqual(why(kept, own), []);
  });

  it("are adopted by their own name only", () => {
    const adopting = { ephemeral: { ...ephemeral, adopt: "pod", clusterName: "sales" } };
    usePropertyNames({ name: String, set: String, anotherRing: (topology) => `another ring (${topology}.name)` });
    try {
      assert.match(validateRingChanges({ pod: ephemeral }, adopting).refusals[0], /another ring \(ephemeral.name\)$/);
    } finally {
      usePropertyNames();
    }
  });
});

describe("the certificates of a CockroachDB cluster that runs", () => {
  const cluster: RingSnapshot = { name: "cockroachdb", namespace: "db", disk: "volumes" };
  const judge = (was: Partial<RingSnapshot>, wanted: Partial<RingSnapshot>) =>
    validateRingChanges({ cockroachdb: { ...cluster, ...was } }, { cockroachdb: { ...cluster, ...wanted } });

  it("can neither be given nor taken away", () => {
    const [refusal] = judge({ nodeCertificates: "secret" }, { nodeCertificates: "none" }).refusals;
    assert.equal(
      refusal,
      'nodeCertificates: "none" is not allowed for ring cockroachdb (cockroachdb) while it runs with "secret": nodes with certificates ' +
        'and nodes without do not talk to each other; allowed is "secret", or `pulumi destroy`, which keeps the rows, and then ' +
        "`pulumi up`: no node runs meanwhile",
    );
    assert.equal(judge({ nodeCertificates: "none" }, { nodeCertificates: "secret" }).refusals.length, 1);
    assert.deepEqual(judge({ nodeCertificates: "secret" }, { nodeCertificates: "secret" }).refusals, []);
  });

  it("are not judged where the state is from before they were remembered", () =>
    assert.deepEqual(judge({}, { nodeCertificates: "secret" }), { losses: [], refusals: [] }));

  it("are remembered by the component", async () => {
    const { image, memory, cpu } = podArgs;
    const args = { image, memory, cpu, name: "cockroachdb", namespace: "db", replicas: 3, volumeSize: "1Gi" };
    for (const [certificates, expected] of [
      [undefined, "none"],
      [{ node: "n", client: "c" }, "secret"],
    ] as const) {
      const all = await record(() => new CockroachCluster("x", { ...args, ...(certificates && { certificates }) }));
      const { inputs } = all.find(({ type, name }) => type === "cassandra:index:DataGuard" && name === "x-ring")!;
      assert.match(JSON.stringify(inputs), new RegExp(`"nodeCertificates":"${expected}"`));
    }
  });
});
