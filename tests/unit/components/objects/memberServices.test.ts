import * as assert from "node:assert/strict";
import { MemberServiceAccess, PersistentCluster, PersistentClusterArgs } from "../../../../components/index";
import { labels, selectorLabels } from "../../../../components/objects/labels";
import { ringArgs } from "../../../support/args";
import { only, record, Registered } from "../../../support/recorder";
import { check } from "../../policies/check";

const access: MemberServiceAccess = {
  type: "LoadBalancer",
  annotations: { "networking.gke.io/load-balancer-type": "Internal" },
  loadBalancerSourceRanges: ["203.0.113.0/24"],
};

const make = (change: Partial<PersistentClusterArgs>) =>
  record(() => new PersistentCluster("cassandra", { ...ringArgs, replicas: 3, volumeSize: "1Gi", ...change }));

/** The Services that lead to one pod, by the name of that pod. */
function ofMembers(all: Registered[]): Map<string, Registered> {
  const pod = ({ inputs }: Registered) =>
    (inputs as { spec: { selector: Record<string, string> } }).spec.selector["statefulset.kubernetes.io/pod-name"];
  return new Map(all.flatMap((one) => (one.type === "core/v1:Service" && pod(one) ? [[pod(one), one]] : [])));
}

type PodTemplate = { spec: { template: { spec: { containers: { env: { name: string; value?: string }[] }[] } } } };
const variablesOf = (all: Registered[]) => {
  const { spec } = only(all, "apps/v1:StatefulSet").inputs as unknown as PodTemplate;
  return Object.fromEntries(spec.template.spec.containers[0].env.map(({ name, value }) => [name, value]));
};
const rulesOf = (all: Registered[]) =>
  (only(all, "rbac.authorization.k8s.io/v1:Role").inputs as { rules: { resources: string[] }[] }).rules;

describe("Services of members", () => {
  const identity = { name: "cassandra", topology: "persistent" };

  it("are none unless they are asked for", async () => {
    const all = await make({});
    assert.equal(ofMembers(all).size, 0);
    assert.equal(variablesOf(all).RING_MEMBER_SERVICE, undefined);
    assert.ok(!rulesOf(all).some(({ resources }) => resources.includes("services")));
  });

  it("are one for each pod that replicas asks for, not awaited and before the pods, which may read theirs", async () => {
    const all = await make({ memberService: access });
    const services = ofMembers(all);
    assert.deepEqual([...services.keys()], ["cassandra-0", "cassandra-1", "cassandra-2"]);
    assert.deepEqual(services.get("cassandra-2"), {
      type: "core/v1:Service",
      name: "cassandra-2",
      inputs: {
        apiVersion: "v1",
        kind: "Service",
        metadata: {
          namespace: "db",
          labels: labels(identity),
          name: "cassandra-2",
          annotations: { "networking.gke.io/load-balancer-type": "Internal", "pulumi.com/skipAwait": "true" },
        },
        spec: {
          type: "LoadBalancer",
          externalTrafficPolicy: "Local",
          loadBalancerSourceRanges: ["203.0.113.0/24"],
          publishNotReadyAddresses: true,
          selector: { ...selectorLabels(identity), "statefulset.kubernetes.io/pod-name": "cassandra-2" },
          ports: [{ name: "cql", port: 9042 }],
        },
      },
    });
    const order = all.map(({ type, name }) => `${type} ${name}`);
    assert.ok(order.indexOf("core/v1:Service cassandra-2") < order.indexOf("apps/v1:StatefulSet cassandra"));
    assert.equal(variablesOf(all).RING_MEMBER_SERVICE, "LoadBalancer");
    assert.deepEqual(
      rulesOf(all).filter(({ resources }) => resources.includes("services")),
      [{ apiGroups: [""], resources: ["services"], verbs: ["get"] }],
    );
  });

  it("are named as the pods of all racks", async () => {
    const racks = ["zone-a", "zone-b"];
    const pods = ["cassandra-zone-a-0", "cassandra-zone-b-0", "cassandra-zone-a-1", "cassandra-zone-b-1"];
    const services = ofMembers(await make({ memberService: access, racks, replicas: 4 }));
    assert.deepEqual([...services.keys()], pods);
    assert.deepEqual(
      [...services.values()].map(({ name }) => name),
      pods,
    );
  });

  it("follow the pods of an adopted ring, by the labels of the tutorials", async () => {
    const adopt = { adopt: "own", auth: "none", image: "cassandra:5.0.9" } as const;
    const services = ofMembers(await make({ ...adopt, memberService: access }));
    const { spec } = services.get("cassandra-0")!.inputs as { spec: { selector: object } };
    assert.deepEqual(spec.selector, { app: "cassandra", "statefulset.kubernetes.io/pod-name": "cassandra-0" });
  });

  it("open the ring's policy to the addresses that may use them, once where the Service for clients has the same", async () => {
    const service = { type: "LoadBalancer", loadBalancerSourceRanges: ["203.0.113.0/24", "198.51.100.0/24"] };
    const all = await make({ memberService: access, service });
    const { spec } = only(all, "networking.k8s.io/v1:NetworkPolicy").inputs as {
      spec: { ingress: { from: object[] }[] };
    };
    assert.deepEqual(spec.ingress[1].from, [
      { podSelector: { matchLabels: {} } },
      { ipBlock: { cidr: "203.0.113.0/24" } },
      { ipBlock: { cidr: "198.51.100.0/24" } },
    ]);
  });

  it("pass the policies where they are for some, and do not where they are for everybody", async () => {
    const openOnes = async (memberService: MemberServiceAccess) => {
      const services = [
        ...ofMembers(await make({ memberService, clientsFrom: [{ cidr: "203.0.113.0/24" }] })).values(),
      ];
      return services.flatMap(({ inputs }) => check("private-services", inputs)).length;
    };
    assert.equal(await openOnes(access), 0);
    assert.equal(await openOnes({ type: "LoadBalancer" }), 3);
    assert.equal(await openOnes({ type: "LoadBalancer", loadBalancerSourceRanges: ["0.0.0.0/0"] }), 3);
  });
});
