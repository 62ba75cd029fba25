import * as assert from "node:assert/strict";
import * as components from "../../../../components/index";
import { labels } from "../../../../components/objects/labels";
import { withApiServer } from "../../../support/apiServer";
import { ringArgs } from "../../../support/args";
import { cockroachArgs } from "../../../support/cockroach";
import { callHook, record } from "../../../support/recorder";

const paths = {
  Service: "/api/v1/namespaces/db/services",
  Pod: "/api/v1/namespaces/db/pods",
  ReplicationController: "/api/v1/namespaces/db/replicationcontrollers",
  StatefulSet: "/apis/apps/v1/namespaces/db/statefulsets",
  DaemonSet: "/apis/apps/v1/namespaces/db/daemonsets",
};
type Kind = keyof typeof paths;
type Live = { kind: Kind; name: string; labels?: Record<string, string>; ownerReferences?: object[] };
const live = (kind: Kind, topology?: string, name = "ring", application?: string): Live => ({
  kind,
  name,
  ...(topology && { labels: labels({ name: "ring", topology, application }) }),
});

/** What each topology makes under the name `ring`. */
const objectsOf: Record<string, Live[]> = {
  persistent: [live("Service", "persistent"), live("StatefulSet", "persistent")],
  "persistent in racks": [live("Service", "persistent"), live("StatefulSet", "persistent", "ring-a")],
  ephemeral: [live("Service", "ephemeral"), live("ReplicationController", "ephemeral")],
  "ephemeral with an adopted pod": [live("Service", "pod"), live("ReplicationController", "pod"), live("Pod", "pod")],
  daemon: [live("Service", "daemon"), live("DaemonSet", "daemon")],
  pod: [live("Service", "pod"), live("Pod", "pod")],
  cockroachdb: [
    live("Service", "persistent", "ring", "cockroachdb"),
    live("StatefulSet", "persistent", "ring", "cockroachdb"),
  ],
};
const named = { ...ringArgs, name: "ring" };
const persistent = { ...named, replicas: 4, volumeSize: "1Gi" };
const make: Record<string, (more: object) => unknown> = {
  persistent: (more) => new components.PersistentCluster("ring", { ...persistent, ...more }),
  "persistent in racks": (more) => new components.PersistentCluster("ring", { ...persistent, racks: ["a"], ...more }),
  ephemeral: (more) => new components.EphemeralCluster("ring", { ...named, replicas: 2, ...more }),
  "ephemeral with an adopted pod": (more) =>
    new components.EphemeralCluster("ring", { ...named, replicas: 2, adoptPod: true, ...more }),
  daemon: (more) => new components.DaemonCluster("ring", { ...named, ...more }),
  pod: (more) => new components.SinglePod("ring", { ...named, ...more }),
  cockroachdb: (more) => new components.CockroachCluster("ring", { ...cockroachArgs, name: "ring", ...more }),
};

/** Calls the hook of the first Service of a ring where these objects are. */
const create = (topology: string, found: Live[], { takesOver = false, lists = Object.keys(paths) as Kind[] } = {}) => {
  const items = (kind: Kind) => found.filter((one) => one.kind === kind).map((metadata) => ({ metadata }));
  const objects = Object.fromEntries(lists.map((kind) => [paths[kind], { items: items(kind) }]));
  return withApiServer(objects, async (kubeconfig) => {
    await record(() => make[topology]({ takesOver, cluster: { kubeconfig } }), true);
    await callHook("ring-has-its-own-objects", { newInputs: { metadata: { namespace: "db" } } }, { onDryRun: true });
  });
};
const refusal = /name: "ring" is not allowed in namespace db: \w+ ring(-a)? is there, of another ring/;

describe("a name under which another ring has objects", () => {
  it("is refused in preview, with what is allowed", () =>
    assert.rejects(create("daemon", objectsOf.persistent), {
      message:
        'name: "ring" is not allowed in namespace db: Service ring is there, of another ring, whose Secret and Services ring ring ' +
        "would overwrite; nothing was touched; allowed is a name that no other ring of the namespace has",
    }));

  for (const [topology, found] of Object.entries(objectsOf)) {
    it(`of ${topology} is refused to each other topology, also where objects are taken over, and kept by its own`, async () => {
      for (const wanted of Object.keys(make)) {
        // A pod is adopted by those who ask for that.
        const isAdoption = wanted.endsWith("adopted pod") && topology === "pod";
        const isOwn = wanted === topology || isAdoption;
        const takesOver = true;
        if (isOwn) await create(wanted, found, { takesOver });
        else await assert.rejects(create(wanted, found, { takesOver }), refusal, `${wanted} beside ${topology}`);
      }
    });
  }

  it("is known by what makes the pods alone, without labels as well", async () => {
    for (const kind of ["StatefulSet", "ReplicationController", "DaemonSet", "Pod"] as const)
      for (const [topology, own] of [
        ["persistent", "StatefulSet"],
        ["ephemeral", "ReplicationController"],
        ["daemon", "DaemonSet"],
        ["pod", "Pod"],
      ])
        if (kind === own) await create(topology, [live(kind)]);
        else await assert.rejects(create(topology, [live(kind)]), refusal);
  });

  it("is known by any of its Services", async () => {
    const service = (name: string): Live[] => [
      { ...live("Service", "persistent", name), labels: labels({ name: "r", topology: "pod" }) },
    ];
    await assert.rejects(create("daemon", service("ring-client")), /Service ring-client is there/);
    await assert.rejects(create("cockroachdb", service("ring-public")), /Service ring-public is there/);
    await create("daemon", service("ring-public"));
    await create("daemon", [{ kind: "Service", name: "ring" }]);
  });

  it("is known by its Service alone where the account may list nothing else", async () => {
    await assert.rejects(create("daemon", objectsOf.persistent, { lists: ["Service"] }), refusal);
    await create("daemon", [], { lists: ["Service"] });
  });

  it("is not that of a pod that a controller makes, nor of a ring beside it", async () => {
    await create("daemon", [{ ...live("Pod"), ownerReferences: [{ controller: true }] }]);
    const beside = labels({ name: "other", topology: "persistent" });
    await create("daemon", [
      { kind: "Service", name: "other", labels: beside },
      { kind: "StatefulSet", name: "ring", labels: beside },
    ]);
  });
});
