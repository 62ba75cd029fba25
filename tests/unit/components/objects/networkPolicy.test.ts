import * as assert from "node:assert/strict";
import { Egress, PersistentCluster, Peer } from "../../../../components/index";
import { labels, selectorLabels } from "../../../../components/objects/labels";
import { only, record } from "../../../support/recorder";
import { ringArgs } from "../../../support/args";
import { rules } from "../../../../policies/rules";
import { check } from "../../policies/check";

const identity = { name: "cassandra", topology: "persistent" };
const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: "TCP", port }));

async function policy(clientsFrom?: Peer[], egress?: Egress) {
  const ring = { ...ringArgs, replicas: 3, volumeSize: "1Gi", clientsFrom, egress };
  const all = await record(() => new PersistentCluster("cassandra", ring));
  return only(all, "networking.k8s.io/v1:NetworkPolicy").inputs;
}

describe("who may reach a ring", () => {
  const members = { from: [{ podSelector: { matchLabels: selectorLabels(identity) } }], ports: tcp(7000, 7001, 9042) };

  it("are its members, on all of their ports, and pods of the namespace on that of CQL", async () => {
    const { metadata, spec } = await policy();
    assert.deepEqual(metadata, { namespace: "db", labels: labels(identity) });
    assert.deepEqual(spec, {
      podSelector: { matchLabels: selectorLabels(identity) },
      policyTypes: ["Ingress"],
      ingress: [members, { from: [{ podSelector: {} }], ports: tcp(9042) }],
    });
  });

  it("are those that it is told to serve, and its members", async () => {
    const { spec } = await policy([
      { podLabels: { app: "shop" } },
      { podLabels: { app: "shop" }, namespaceLabels: { team: "sales" } },
      { namespaceLabels: { team: "ops" } },
      { cidr: "10.0.0.0/8" },
    ]);
    assert.deepEqual((spec as { ingress: object[] }).ingress, [
      members,
      {
        from: [
          { podSelector: { matchLabels: { app: "shop" } } },
          { podSelector: { matchLabels: { app: "shop" } }, namespaceSelector: { matchLabels: { team: "sales" } } },
          { podSelector: { matchLabels: {} }, namespaceSelector: { matchLabels: { team: "ops" } } },
          { ipBlock: { cidr: "10.0.0.0/8" } },
        ],
        ports: tcp(9042),
      },
    ]);
  });
});

describe("where members may connect to", () => {
  type Spec = { policyTypes: string[]; egress?: object[]; ingress: object[] };
  const specOf = async (egress?: Egress) => (await policy(undefined, egress)).spec as Spec;

  it("is not said by the ring's policy unless it is asked for", async () => {
    assert.deepEqual(await specOf("open"), await specOf());
    assert.deepEqual((await specOf()).policyTypes, ["Ingress"]);
  });

  it("are each other, DNS and the API server alone, and who may reach them stays the same", async () => {
    const { policyTypes, egress, ...others } = await specOf("members");
    assert.deepEqual(policyTypes, ["Ingress", "Egress"]);
    assert.deepEqual(egress, [
      { to: [{ podSelector: { matchLabels: selectorLabels(identity) } }], ports: tcp(7000, 7001, 9042) },
      { ports: tcp(443, 6443) },
      { ports: [...[53, 5353].map((port) => ({ protocol: "UDP", port })), ...tcp(53, 5353)] },
    ]);
    assert.deepEqual({ ...others, policyTypes: ["Ingress"] }, await specOf());
  });

  it("are nothing that the policy pack reports", async () => {
    const object = { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", ...(await policy([], "members")) };
    for (const { name } of rules) assert.deepEqual(check(name, object), [], name);
  });
});
