import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { EphemeralCluster, EphemeralClusterArgs } from "../../../../components/index";
import { cassandraPodSpec } from "../../../../components/objects/podSpec";
import { labels, selectorLabels } from "../../../../components/objects/labels";
import { only, record } from "../../../support/recorder";
import { ringArgs } from "../../../support/args";

const args: EphemeralClusterArgs = { ...ringArgs, replicas: 2 };

describe("EphemeralCluster", () => {
  const make = (overrides: Partial<EphemeralClusterArgs> = {}) =>
    record(() => new EphemeralCluster("cassandra", { ...args, ...overrides }));
  const identity = { name: "cassandra", topology: "ephemeral" };
  const selector = selectorLabels(identity);

  it("makes exactly this ReplicationController at its defaults", async () => {
    const all = await make();
    const { metadata, spec } = only(all, "core/v1:ReplicationController").inputs as {
      metadata: object;
      spec: { template: { metadata: { annotations: Record<string, string> } } };
    };
    assert.deepEqual(metadata, { namespace: "db", labels: labels(identity), name: "cassandra" });
    const revision = spec.template.metadata.annotations["cassandra/revision"];
    assert.match(revision, /^[0-9a-f]{12}$/);
    assert.deepEqual(spec, {
      replicas: 2,
      selector,
      template: {
        metadata: {
          labels: labels(identity),
          annotations: { "kubectl.kubernetes.io/default-container": "cassandra", "cassandra/revision": revision },
        },
        spec: cassandraPodSpec(args, {
          name: "cassandra",
          service: "cassandra",
          disk: { kind: "emptyDir" },
          record: "cassandra-auto",
          repairInterval: 345_600,
          superuser: "cassandra-superuser-auto",
          scripts: "cassandra-scripts-auto",
          serviceAccountName: "cassandra-auto",
          selector,
        }),
      },
    });
    assert.deepEqual(only(all, "cassandra:index:RollingUpdate").inputs, { replicas: 2, revision, namespace: "db" });
  });

  it("registers these objects and no others", async () => {
    assert.deepEqual((await make()).map(({ type, name }) => `${type} ${name}`).sort(), [
      "cassandra:index:CassandraService cassandra",
      "cassandra:index:DataGuard cassandra-ring",
      "cassandra:index:EphemeralCluster cassandra",
      "cassandra:index:PasswordChange cassandra-password",
      "cassandra:index:RingRecord cassandra",
      "cassandra:index:Roles cassandra-roles",
      "cassandra:index:RollingUpdate cassandra",
      "cassandra:index:Superuser cassandra-superuser",
      "cassandra:index:WorkloadMemory cassandra",
      "core/v1:ConfigMap cassandra",
      "core/v1:ConfigMap cassandra-scripts",
      "core/v1:ReplicationController cassandra",
      "core/v1:Secret cassandra-superuser",
      "core/v1:SecretPatch cassandra-superuser",
      "core/v1:Service cassandra",
      "core/v1:Service cassandra-client",
      "core/v1:ServiceAccount cassandra",
      "networking.k8s.io/v1:NetworkPolicy cassandra",
      "policy/v1:PodDisruptionBudget cassandra",
      "random:index/randomPassword:RandomPassword cassandra-superuser",
      "rbac.authorization.k8s.io/v1:Role cassandra",
      "rbac.authorization.k8s.io/v1:RoleBinding cassandra",
    ]);
  });

  it("lets its pods look at each other, at their controller, their namespace and their superuser", async () => {
    const { rules } = only(await make(), "rbac.authorization.k8s.io/v1:Role").inputs as { rules: unknown };
    assert.deepEqual(rules, [
      { apiGroups: [""], resources: ["configmaps"], resourceNames: ["cassandra-auto"], verbs: ["get", "patch"] },
      { apiGroups: [""], resources: ["pods"], verbs: ["get", "list"] },
      { apiGroups: [""], resources: ["namespaces"], resourceNames: ["db"], verbs: ["get"] },
      { apiGroups: [""], resources: ["replicationcontrollers"], resourceNames: ["cassandra"], verbs: ["get"] },
      { apiGroups: [""], resources: ["secrets"], resourceNames: ["cassandra-superuser-auto"], verbs: ["get", "patch"] },
    ]);
  });

  it("lets one member at a time be evicted", async () => {
    const { spec } = only(await make(), "policy/v1:PodDisruptionBudget").inputs;
    assert.deepEqual(spec, { maxUnavailable: 1, selector: { matchLabels: selector } });
  });

  it("selects the pod that it adopts", async () => {
    const adopted = { name: "cassandra", topology: "pod" };
    const { spec } = only(await make({ adoptPod: true }), "core/v1:ReplicationController").inputs as {
      spec: { selector: object; template: { metadata: { labels: object } } };
    };
    assert.deepEqual(spec.selector, selectorLabels(adopted));
    assert.deepEqual(spec.template.metadata.labels, labels(adopted));
  });

  it("tells a person and a driver where it is", async () => {
    let usage: Promise<unknown> | undefined;
    await record(() => {
      const output = pulumi.output(new EphemeralCluster("cassandra", args).usage);
      usage = new Promise((resolve) => output.apply(resolve));
    });
    assert.deepEqual(await usage, {
      contactPoints: ["cassandra.db.svc"],
      port: 9042,
      localDatacenter: args.datacenter,
      discoveryService: "cassandra",
      clientService: "cassandra-client",
      cqlsh: "kubectl exec -it -n db rc/cassandra -- /ring/cqlsh.sh",
      superuserSecret: "cassandra-superuser-auto",
      nodetool: "kubectl exec -n db rc/cassandra -- nodetool status",
    });
  });

  it("gives annotations to the account of its pods, which are made anew with other ones", async () => {
    const made = async (annotations?: Record<string, string>) => {
      const podTemplatePatch = annotations && { serviceAccount: { annotations } };
      const all = await record(
        () => new EphemeralCluster("cassandra", { ...args, ...(annotations && { podTemplatePatch }) }),
      );
      const { metadata } = only(all, "core/v1:ServiceAccount").inputs as { metadata: { annotations?: object } };
      return {
        annotations: metadata.annotations,
        revision: only(all, "cassandra:index:RollingUpdate").inputs.revision,
      };
    };
    const role = { "iam.gke.io/gcp-service-account": "backup@example" };
    const [none, one] = [await made(), await made(role)];
    assert.deepEqual([none.annotations, one.annotations], [undefined, role]);
    assert.notEqual(none.revision, one.revision);
  });

  it("is reached from outside through a load balancer by those whom its policy admits", async () => {
    const ranges = ["203.0.113.0/24", "2001:db8::/32"];
    const service = { type: "LoadBalancer", annotations: { scheme: "internal" }, loadBalancerSourceRanges: ranges };
    const peers = async (change: object) => {
      const all = await record(() => new EphemeralCluster("cassandra", { ...args, ...change }));
      const policy = only(all, "networking.k8s.io/v1:NetworkPolicy").inputs as {
        spec: { ingress: { from: object[] }[] };
      };
      return {
        from: policy.spec.ingress[1].from,
        service: all.find(({ name }) => name === "cassandra-client")!.inputs,
      };
    };
    const outside = ranges.map((cidr) => ({ ipBlock: { cidr } }));
    const open = await peers({ service });
    assert.deepEqual(open.from, [{ podSelector: { matchLabels: {} } }, ...outside]);
    const { spec, metadata } = open.service as { spec: Record<string, unknown>; metadata: { annotations: object } };
    assert.deepEqual(metadata.annotations, service.annotations);
    assert.deepEqual([spec.type, spec.externalTrafficPolicy], ["LoadBalancer", "Local"]);
    assert.deepEqual(spec.loadBalancerSourceRanges, ranges);
    const named = await peers({ service, clientsFrom: [{ podLabels: { app: "shop" } }] });
    assert.deepEqual(named.from, [{ podSelector: { matchLabels: { app: "shop" } } }, ...outside]);
  });

  it("refuses a provider of the caller's own that says nothing of its cluster", async () => {
    const refused =
      /cassandra: cluster: must be given with an explicit kubernetes provider; allowed is {kubeconfig, context}/;
    await record(() => {
      const provider = new k8s.Provider("own", {});
      assert.throws(() => new EphemeralCluster("cassandra", args, { provider }), refused);
      new EphemeralCluster("other", { ...args, cluster: { context: "own" } }, { provider });
    });
  });
});
