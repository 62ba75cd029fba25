import * as assert from "node:assert/strict";
import { type Need, type Permission, permissions } from "../../components/kubernetes/permissions";
import { baseNeeds } from "../../docs/generate/permissions";
import { Lab } from "../../lab/src/lab";
import { inSimulatedLab, smallMembers, Stack } from "../support/stack";

const minutes = 60_000;

interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

/** What docs/reference/permissions.md lists for a persistent ring, without commands in pods. */
const rules = (verbsOf: (permission: Permission) => readonly string[], ...further: Need[]): Rule[] =>
  [...baseNeeds, ...further].flatMap((need) => {
    const permission: Permission = permissions[need];
    const { apiGroup, resources, isOwnNamespace } = permission;
    const resourceNames = isOwnNamespace ? ["default"] : permission.resourceNames;
    const verbs = [...verbsOf(permission)];
    return verbs.length === 0
      ? []
      : [{ apiGroups: [apiGroup], resources, ...(resourceNames && { resourceNames }), verbs }];
  });
const toPreview = rules(({ preview }) => preview);
/** Version 4.25 of the plugin watches Endpoints where later ones watch EndpointSlices, and waits for ever where it may not. */
const ofOlderPlugin: Rule[] =
  process.env.OFFICIAL_PLUGIN === "yes"
    ? [{ apiGroups: [""], resources: ["endpoints"], verbs: ["get", "list", "watch"] }]
    : [];
const toUpdate = [...rules(({ update }) => update), ...ofOlderPlugin];
/** What the reference lists besides, by what the stack has. */
const further: Record<string, { settings: object; needs: Need[] }> = {
  ephemeral: {
    settings: { topologies: ["ephemeral"], replicas: 3 },
    needs: ["replicationControllers", "ownNamespace"],
  },
  daemon: { settings: { topologies: ["daemon"] }, needs: ["daemonSets", "ownNamespace"] },
  "daemon.hostPath": {
    settings: { topologies: ["daemon"], daemon: { hostPath: "/var/lib/ring" } },
    needs: ["daemonSets", "clusterRoles", "nodeLabels", "ownNamespace"],
  },
  pod: { settings: { topologies: ["pod"] }, needs: ["singlePod", "ownNamespace"] },
  cockroachdb: {
    settings: { topologies: ["cockroachdb"], replicas: 3, cockroachdb: { loadGenerator: true, sqlClient: true } },
    needs: ["jobs", "deployments", "replicaSets", "singlePod"],
  },
};

/** Without some verbs of some resources. */
const lacking = (verbs: string[], ...resources: string[]): Rule[] =>
  toUpdate.flatMap((rule) =>
    rule.resources.map((resource) => ({
      ...rule,
      resources: [resource],
      verbs: rule.verbs.filter((verb) => !resources.includes(resource) || !verbs.includes(verb)),
    })),
  );

describe("accounts that may not do everything, on the real engine and API server, with simulated nodes", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;
  const configure = (settings: Record<string, unknown>) =>
    stack.configure({ ...smallMembers, storage: "minikube-hostpath", volumeRetention: "delete", ...settings });

  /** A kubeconfig of an account that may do this and no more. */
  async function accountWith(name: string, allowed: Rule[]): Promise<string> {
    const metadata = { name, namespace: "default" };
    const group = "rbac.authorization.k8s.io";
    const objects = [
      { apiVersion: "v1", kind: "ServiceAccount", metadata },
      { apiVersion: `${group}/v1`, kind: "ClusterRole", metadata: { name }, rules: allowed },
      {
        apiVersion: `${group}/v1`,
        kind: "ClusterRoleBinding",
        metadata: { name },
        roleRef: { apiGroup: group, kind: "ClusterRole", name },
        subjects: [{ kind: "ServiceAccount", ...metadata }],
      },
    ];
    await lab.kubectl(["apply", "-f", "-"], { input: objects.map((object) => JSON.stringify(object)).join("\n") });
    const token = (await lab.kubectl(["create", "token", name])).trim();
    const config = JSON.parse(await lab.kubectl(["config", "view", "--raw", "--minify", "-o", "json"])) as {
      users: { user: object }[];
    };
    config.users[0].user = { token };
    return JSON.stringify(config);
  }

  const set = () =>
    lab.kubectl(["get", "statefulset", "cassandra", "-o", "jsonpath={.metadata.generation} {.spec.replicas}"]);

  inSimulatedLab("permissions", (made) => ({ lab, stack } = made));

  it("one that may not make all of a ring: preview tells what it lacks, and `pulumi up` makes nothing", async () => {
    const maker = await accountWith("maker", lacking(["create", "patch"], "networkpolicies", "roles"));
    configure({ replicas: 3, "kubernetes:kubeconfig": maker });
    const lacks =
      "ring cassandra: this account may not do all that an update needs in namespace default: it lacks create, patch of " +
      "roles.rbac.authorization.k8s.io; create, patch of networkpolicies.networking.k8s.io (docs/reference/permissions.md)";
    const said = await stack.pulumi("preview");
    assert.ok(said.includes(`warning: ${lacks}. \`pulumi up\` by this account is refused`), said);
    await stack.refusedWith([`${lacks}. Nothing was touched`], "up", "--yes", "--skip-preview");
    assert.equal(
      (await lab.kubectl(["get", "service,secret,configmap", "-l", "app=cassandra", "-o", "name"])).trim(),
      "",
    );
  });

  it("one that may do what the reference lists: it makes the ring", async () => {
    configure({ replicas: 3, "kubernetes:kubeconfig": await accountWith("founder", toUpdate) });
    assert.doesNotMatch(await stack.pulumi("preview"), /this account may not/);
    await stack.up();
  });

  it("one that may not change the StatefulSet: preview warns, and `pulumi up` refuses before a member leaves", async () => {
    const account = lacking(["patch"], "statefulsets");
    configure({ replicas: 2, "kubernetes:kubeconfig": await accountWith("reader", account) });
    const lacks = /ring cassandra: this account may not .*: it lacks patch of statefulsets\.apps \(docs/;
    assert.match(await stack.pulumi("preview"), lacks);
    assert.match(await stack.refused("up", "--yes", "--skip-preview"), lacks);
  });

  it("one that may only read: preview says what could not be checked, and what `pulumi up` will do", async () => {
    const reviewer = await accountWith("reviewer", toPreview);
    configure({ replicas: 2, "kubernetes:kubeconfig": reviewer });
    const said = await stack.pulumi("preview");
    assert.match(said, /StatefulSet\s+cassandra\s+update/);
    // Neither that it may not have a pod tried, nor that it sees no nodes and no quotas.
    // An older plugin than the SDK's is warned of as well.
    const warnings = (said.match(/warning: .*/g) ?? []).filter((line) => !line.includes("resource plugin kubernetes"));
    assert.equal(new Set(warnings).size, 1, said);
    assert.match(
      said,
      /warning: cassandra: the ring could not be checked: this account may not run commands in pods: it needs the verbs get and create of pods\/exec in namespace default\. `pulumi up` checks again/,
    );
  });

  it("one that may not list pods: preview says so in the API server's words", async () => {
    configure({
      replicas: 2,
      "kubernetes:kubeconfig": await accountWith(
        "blind",
        rules(() => ["get"]),
      ),
    });
    assert.match(
      await stack.pulumi("preview"),
      /could not be checked: pods is forbidden: User "system:serviceaccount:default:blind" cannot list resource "pods"/,
    );
  });

  it("one that may change everything but run no command: `pulumi up` refuses to remove a member", async () => {
    const changer = await accountWith("changer", toUpdate);
    const before = await set();
    configure({ replicas: 2, "kubernetes:kubeconfig": changer });
    assert.match(
      await stack.refused("up", "--yes", "--skip-preview"),
      /needs the verbs get and create of pods\/exec in namespace default\. No pod was removed/,
    );
    assert.equal(await set(), before);
  });

  it("looks at the cluster of the stack's kubeconfig, whatever the shell says", async () => {
    const kubeconfig = await lab.kubectl(["config", "view", "--raw", "--minify", "-o", "json"]);
    configure({ replicas: 2, "kubernetes:kubeconfig": kubeconfig });
    const env = { ...lab.env, KUBECONFIG: "/nowhere" };
    const said = await lab.pulumi(["preview", "--stack", stack.name, "--non-interactive"], { env });
    // A simulated pod runs no command: as far as there is one.
    assert.match(said, /the ring could not be checked: cassandra-\d: /);
    await stack.destroy();
  });

  for (const [what, { settings, needs }] of Object.entries(further)) {
    it(`@all one that may do what the reference lists with ${what}: it makes that, changes nothing more, and deletes it`, async () => {
      const other = await Stack.of(lab, `permissions-${what.toLowerCase().replace(".", "-")}`);
      const account = await accountWith(`founder-${what.toLowerCase()}`, [
        ...rules(({ update }) => update, ...needs),
        ...ofOlderPlugin,
      ]);
      other.configure({
        ...smallMembers,
        storage: "minikube-hostpath",
        volumeRetention: "delete",
        ...settings,
        "kubernetes:kubeconfig": account,
      });
      try {
        assert.doesNotMatch(await other.pulumi("preview"), /this account may not/);
        await other.up();
        await other.up("--expect-no-changes");
      } finally {
        await other.destroy();
      }
    });
  }
});
