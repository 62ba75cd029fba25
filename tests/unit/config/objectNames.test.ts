import * as assert from "node:assert/strict";
import * as components from "../../../components/index";
import { type Named, objectNames } from "../../../config/objectNames";
import type { Topology } from "../../../config/schema";
import { ringArgs } from "../../support/args";
import { cockroachArgs } from "../../support/cockroach";
import { record } from "../../support/recorder";

/** Names of all objects in a namespace that a component names itself; the mocks know names that the provider makes. */
async function madeBy(make: () => unknown): Promise<string[]> {
  const all = await record(make);
  return all.flatMap(({ type, inputs }) => {
    const { name, namespace } = (inputs.metadata ?? {}) as { name?: string; namespace?: string };
    const kind = type
      .split(":")
      .at(-1)!
      .replace(/Patch$/, "");
    return name && namespace && !name.endsWith("-auto") ? [`${kind} ${name}`] : [];
  });
}

describe("the names of a ring's objects", () => {
  const named = { ...ringArgs, name: "ring" };
  const persistent = { ...named, replicas: 4, volumeSize: "1Gi" };
  const tls = { tlsSecret: "ring-tls", certManager: {} };
  const issuer = { kind: "Issuer", name: "own" } as const;
  const memberService: components.MemberServiceAccess = {
    type: "LoadBalancer",
    loadBalancerSourceRanges: ["203.0.113.0/24"],
  };
  const cases: [string, Topology, Named, () => unknown][] = [
    ["persistent", "persistent", { auth: "password" }, () => new components.PersistentCluster("r", persistent)],
    [
      "persistent in racks, without a login",
      "persistent",
      { racks: ["a", "b"], auth: "none" },
      () => new components.PersistentCluster("r", { ...persistent, racks: ["a", "b"], auth: "none" }),
    ],
    [
      "persistent with cert-manager",
      "persistent",
      { tls: "cert-manager" },
      () => new components.PersistentCluster("r", { ...persistent, ...tls }),
    ],
    [
      "persistent with an issuer",
      "persistent",
      { tls: "cert-manager", tlsIssuer: { reference: issuer } },
      () => new components.PersistentCluster("r", { ...persistent, ...tls, certManager: { issuer } }),
    ],
    [
      "persistent with a Service for each member",
      "persistent",
      { memberService, replicas: 4 },
      () => new components.PersistentCluster("r", { ...persistent, memberService }),
    ],
    ["ephemeral", "ephemeral", {}, () => new components.EphemeralCluster("r", { ...named, replicas: 2 })],
    ["daemon", "daemon", {}, () => new components.DaemonCluster("r", named)],
    [
      "daemon on folders",
      "daemon",
      { hostPath: "/mnt" },
      () => new components.DaemonCluster("r", { ...named, hostPath: "/mnt" }),
    ],
    ["pod", "pod", {}, () => new components.SinglePod("r", named)],
    [
      "CockroachDB",
      "cockroachdb",
      { sqlClient: true },
      () =>
        new components.CockroachCluster("r", { ...cockroachArgs, name: "ring", sqlClient: true, loadGenerator: true }),
    ],
  ];
  for (const [title, topology, values, make] of cases)
    it(`are those that the component gives them: ${title}`, async () => {
      const written = topology === "persistent" && values.tls ? ["Secret ring-tls", "Secret ring-ca"] : [];
      const expected = objectNames(topology, { name: "ring", ...values }).filter((one) => !/^Pod ring-\d$/.test(one));
      // Pods of StatefulSets are not made by the component.
      const made = [...new Set(await madeBy(make))];
      assert.deepEqual(expected.filter((one) => !written.includes(one)).sort(), made.sort());
    });

  it("are those of its pods as well, where they are fixed", () => {
    const pods = objectNames("persistent", { name: "ring", racks: ["a", "b"], replicas: 4 }).filter((one) =>
      /^Pod/.test(one),
    );
    assert.deepEqual(pods, ["Pod ring-a-0", "Pod ring-b-0", "Pod ring-a-1", "Pod ring-b-1"]);
  });
});
