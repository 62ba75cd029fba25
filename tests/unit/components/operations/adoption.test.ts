import type { V1StatefulSet } from "@kubernetes/client-node";
import * as assert from "node:assert/strict";
import { AdoptionArgs, misfits } from "../../../../components/operations/adoption";
import { RingMember } from "../../../../components/cassandra/nodetool";

const wanted = {
  namespace: "default",
  podTemplate: "kept" as const,
  volumeSize: "1Gi",
  storageClassName: "fast",
  clusterName: "K8Demo",
  datacenter: "DC1-K8Demo",
  rack: "Rack1-K8Demo",
  numTokens: 32,
  image: "docker.io/library/cassandra:5.0.9",
};
const args: AdoptionArgs = { name: "cassandra", replicas: 3, protection: { auth: "none", tls: "none" }, ...wanted };

/** What the tutorials' manifests make. @param changes of its spec */
function tutorialSet(changes: object = {}): V1StatefulSet {
  const mounts = [{ name: "cassandra-data", mountPath: "/cassandra_data" }];
  return {
    spec: {
      replicas: 3,
      serviceName: "cassandra",
      selector: { matchLabels: { app: "cassandra" } },
      template: { spec: { containers: [{ name: "cassandra", volumeMounts: mounts }] } },
      volumeClaimTemplates: [
        {
          metadata: { name: "cassandra-data" },
          spec: { storageClassName: "fast", resources: { requests: { storage: "1Gi" } } },
        },
      ],
      ...changes,
    },
  };
}

/** The same with pods of this program's template. */
const ownSet = tutorialSet({
  template: { spec: { containers: [{ name: "cassandra", volumeMounts: [{ name: "ring", mountPath: "/ring" }] }] } },
});

const member: RingMember = {
  hostId: "7d4ea5a2-4b0c-4d8e-8b4b-b3f0bdbe1f5c",
  address: "10.244.1.2",
  datacenter: "DC1-K8Demo",
  rack: "Rack1-K8Demo",
  tokens: 32,
  up: true,
  state: "normal",
};
const ring = { clusterName: "K8Demo", members: [member, member, member], versions: [{ major: 5, minor: 0 }] };
const look = { set: tutorialSet(), ring };

describe("a StatefulSet that is to be taken over", () => {
  it("is one that the tutorials' manifests made", () => {
    assert.deepEqual(misfits(args, wanted, look, true), []);
    assert.deepEqual(misfits(args, { ...wanted, volumeSize: "1024Mi" }, look, true), []);
    for (const changes of [
      { selector: { matchLabels: { app: "mine" } } },
      { volumeClaimTemplates: [{ metadata: { name: "data" } }] },
      { template: { spec: { containers: [{ name: "db" }] } } },
    ]) {
      const [why, ...others] = misfits(args, wanted, { set: tutorialSet(changes), ring }, true);
      assert.match(why, /^adopt: "true" is not allowed for ring cassandra: StatefulSet default/);
      assert.deepEqual(others, []);
    }
  });

  it("is there, unless its template is this program's own", () => {
    assert.match(misfits(args, wanted, {}, true)[0], /^podTemplate: "kept" .* allowed is "own"/);
    assert.deepEqual(misfits(args, { ...wanted, podTemplate: "own" }, {}, true), []);
  });

  const cases: [string, Partial<typeof wanted>, object, RegExp][] = [
    ["has another cluster name", { clusterName: "mine" }, {}, /^clusterName: "mine" .* allowed is "K8Demo"$/],
    ["has another data centre", { datacenter: "dc1" }, {}, /^datacenter: "dc1" .* allowed is "DC1-K8Demo"$/],
    ["has another rack", { rack: "rack1" }, {}, /^rack: "rack1" .* allowed is "Rack1-K8Demo"$/],
    ["has other tokens", { numTokens: 16 }, {}, /^numTokens: "16" .* allowed is "32"$/],
    ["has other volumes", { volumeSize: "2Gi" }, {}, /^volumeSize: "2Gi" .* allowed is "1Gi"$/],
    ["has volumes of another class", { storageClassName: "ssd" }, {}, /^storageClassName: "ssd" .*"fast"$/],
    ["has another count", {}, { set: tutorialSet({ replicas: 4 }) }, /^replicas: "3" .* allowed is "4"$/],
    ["does not serve", {}, { ring: undefined }, /^adopt: "true" .* no member serves/],
    [
      "has a member that is down",
      {},
      { ring: { ...ring, members: [member, { ...member, up: false }] } },
      /^adopt: "true" .* its member at 10.244.1.2 is down/,
    ],
    [
      "has pods that are to be replaced in the same step",
      { podTemplate: "own" } as object,
      {},
      /^podTemplate: "own" .* taken over with that template first; allowed is "kept"$/,
    ],
    [
      "is too old for the program's own template",
      { podTemplate: "own" } as object,
      { set: ownSet, ring: { ...ring, versions: [{ major: 3, minor: 11 }] } },
      /^image: .* its members run 3.11, .* allowed is 4.x first/,
    ],
  ];
  for (const [title, values, seen, why] of cases) {
    it(`is refused where it ${title}`, () => {
      const said = misfits(args, { ...wanted, ...values }, { ...look, ...seen }, true);
      assert.equal(said.length, 1, said.join("\n"));
      assert.match(said[0], why);
    });
  }

  it("is refused where clients would have to log in, until its pods are this program's own", () => {
    const closed = { ...args, protection: { auth: "password", tls: "none" } };
    const own = { ...wanted, podTemplate: "own" as const };
    assert.match(misfits(closed, own, look, false)[0], /^auth: "password" .* allowed is "none"$/);
    const made = { set: ownSet, ring };
    assert.deepEqual(misfits(closed, own, made, true), []);
    assert.match(misfits(args, wanted, made, true)[0], /^podTemplate: "kept" .* allowed is "own"$/);
  });

  it("is scaled afterwards, and may then have members that are away", () => {
    const away = { ...ring, members: [member, { ...member, up: false }] };
    assert.deepEqual(misfits(args, wanted, { set: tutorialSet({ replicas: 2 }), ring: away }, false), []);
    assert.deepEqual(misfits(args, wanted, { set: tutorialSet(), ring: undefined }, false), []);
  });
});
