import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { expandVolumesFirst } from "../../../../components/operations/volumeExpansion";
import { withApiServer, Written } from "../../../support/apiServer";
import { callHook, record } from "../../../support/recorder";

const namespace = "/apis/apps/v1/namespaces/db";
const core = "/api/v1/namespaces/db";
const claim = (name: string, size: string) => ({
  metadata: { name },
  spec: { storageClassName: "fast", resources: { requests: { storage: size } } },
});
const liveSet = (size: string, metadata = {}) => ({
  metadata: { name: "cassandra", namespace: "db", uid: "one", ...metadata },
  spec: { replicas: 2, volumeClaimTemplates: [{ ...claim("data", size) }] },
});
const inputs = (size: string, replicas = 2) => ({
  metadata: {
    name: "cassandra",
    namespace: "db",
    annotations: { "cassandra/volume-size": size, "cassandra/storage-class": "fast" },
  },
  spec: { replicas },
});

interface Circumstances {
  /** The live set; null for none. */
  set?: object | null;
  expands?: boolean;
  /** UID of the set in the state. */
  uid?: string;
  isKept?: boolean;
}

class Parent extends pulumi.ComponentResource {
  constructor() {
    super("cassandra:index:Parent", "ring");
  }
}

describe("the volumes of a set, in preview", () => {
  let told: string[];
  const log = pulumi.log.info;

  beforeEach(() => {
    told = [];
    Object.assign(pulumi.log, {
      info: (line: string) => {
        told.push(line);
        return Promise.resolve();
      },
    });
  });
  afterEach(() => Object.assign(pulumi.log, { info: log }));

  const look = (
    wanted: ReturnType<typeof inputs>,
    { set = liveSet("1Gi"), expands = true, uid = "one", isKept = false }: Circumstances = {},
  ) =>
    withApiServer(
      {
        ...(set && { [`${namespace}/statefulsets/cassandra`]: set }),
        [`${core}/persistentvolumeclaims`]: {
          items: [claim("data-cassandra-0", "1Gi"), claim("data-cassandra-1", "1Gi")],
        },
        [`${core}/pods`]: { items: [{ metadata: { name: "cassandra-0" } }, { metadata: { name: "cassandra-2" } }] },
        "/apis/storage.k8s.io/v1/storageclasses/fast": { allowVolumeExpansion: expands },
      },
      async (kubeconfig) => {
        const args = { subject: "ring cassandra", sets: ["cassandra"], claim: "data", isKept, cluster: { kubeconfig } };
        await record(() => expandVolumesFirst("cassandra", args, new Parent()), true);
        const state = { oldInputs: inputs("1Gi"), oldOutputs: { metadata: { uid } } };
        await callHook("cassandra-volumes-grow-first", { newInputs: wanted, ...state }, { onDryRun: true });
      },
    );

  it("are nothing to be told of where they are as asked for", async () => {
    await look(inputs("1Gi"));
    await look(inputs("1024Mi", 5));
    await look(inputs("2Gi"), { isKept: true });
    assert.deepEqual(told, []);
  });

  it("are as asked for in every spelling, also in that of Kubernetes for a fraction", async () => {
    for (const size of ["1.4Gi", "1503238553600m", "1503238554", "1.5032385536G"])
      await look(inputs(size, 5), { set: liveSet("1503238553600m"), expands: false });
    assert.deepEqual(told, []);
    await assert.rejects(look(inputs("1.3Gi"), { set: liveSet("1503238553600m") }), {
      message:
        'volumeSize: "1.3Gi" is not allowed for ring cassandra: its volumes have 1503238553600m, and no volume can shrink; allowed is ' +
        "1503238553600m or more",
    });
  });

  it("are of one size where only their class is another", async () => {
    const edit = inputs("1024Mi");
    edit.metadata.annotations["cassandra/storage-class"] = "other";
    await look(edit);
    assert.match(told[0], /^ring cassandra: existing volumes stay of class fast, volumes of members to come are of/);
  });

  it("grow where they are to be larger", async () => {
    await look(inputs("2Gi"));
    assert.deepEqual(told, [
      "ring cassandra: volumeSize 1Gi -> 2Gi: the volumes grow while their members serve; the StatefulSet is recreated around its pods, none of " +
        "which restarts",
    ]);
  });

  it("neither decommissionMembers, nor grow where their class does not let them, nor together with another count", async () => {
    await assert.rejects(look(inputs("512Mi")), {
      message:
        'volumeSize: "512Mi" is not allowed for ring cassandra: its volumes have 1Gi, and no volume can shrink; allowed is ' +
        "1Gi or more",
    });
    await assert.rejects(look(inputs("2Gi"), { expands: false }), /class "fast" of its volumes does not let them grow/);
    await assert.rejects(
      look(inputs("2Gi", 3)),
      /replicas: 3 is not allowed together with other volumes: ring cassandra has 2/,
    );
  });

  it("are those of the very set that the state holds, or of the one that was made anew in its place", async () => {
    await assert.rejects(look(inputs("1Gi"), { uid: "another" }), {
      message:
        /^StatefulSet db\/cassandra is not the one in the state of this stack \(UID one, not another\); nothing was/,
    });
    await look(inputs("1Gi"), {
      uid: "another",
      set: liveSet("1Gi", { annotations: { "cassandra/former-uid": "another" } }),
    });
  });

  it("have their StatefulSet recreated after somebody deleted it without its pods", async () => {
    await look(inputs("1Gi"), { set: null });
    assert.deepEqual(told, [
      "ring cassandra: StatefulSet cassandra was deleted without its pods: it is recreated, and no pod restarts",
    ]);
  });
});

describe("a set that is made anew around its pods", () => {
  const log = pulumi.log.info;
  const kinds = {
    resources: [{ name: "statefulsets", kind: "StatefulSet", namespaced: true, singularName: "", verbs: [] }],
  };
  const set = `${namespace}/statefulsets/cassandra`;

  beforeEach(() => Object.assign(pulumi.log, { info: () => Promise.resolve() }));
  afterEach(() => Object.assign(pulumi.log, { info: log }));

  /** What an update writes. @param claims sizes of those that there are */
  async function update(
    wanted: object,
    { live, claims = [], isKept = false }: { live?: object; claims?: string[]; isKept?: boolean },
  ) {
    const items = claims.map((size, i) => ({
      ...claim(`data-cassandra-${i}`, size),
      status: { capacity: { storage: "2Gi" } },
    }));
    let all: Written[] = [];
    await withApiServer(
      {
        ...(live && { [set]: live }),
        ...Object.fromEntries(items.map((item) => [`${core}/persistentvolumeclaims/${item.metadata.name}`, item])),
        [`${core}/persistentvolumeclaims`]: { items },
        [`${core}/pods`]: { items: [] },
        "/apis/apps/v1": kinds,
        "/apis/storage.k8s.io/v1/storageclasses/fast": { allowVolumeExpansion: false },
      },
      async (kubeconfig, written) => {
        const args = { subject: "ring cassandra", sets: ["cassandra"], claim: "data", isKept, cluster: { kubeconfig } };
        await record(() => expandVolumesFirst("cassandra", args, new Parent()));
        const state = {
          oldInputs: inputs("1Gi"),
          oldOutputs: { metadata: { uid: "first" }, __fieldManager: "pulumi-1" },
        };
        await callHook("cassandra-volumes-grow-first", { newInputs: wanted, ...state }, { onDryRun: true });
        all = written;
      },
    );
    return all;
  }
  const made = (written: Written[]) =>
    written.at(-1)!.body as {
      metadata: { annotations: Record<string, string> };
      spec: { replicas: number; volumeClaimTemplates: { spec: object }[] };
    };

  it("is known by the UID in the state, however often it was made since", async () => {
    const second = liveSet("1Gi", { uid: "second", annotations: { "cassandra/former-uid": "first" } });
    const written = await update(inputs("2Gi"), { live: second });
    assert.deepEqual(
      written.map(({ method, path }) => `${method} ${path}`),
      [`DELETE ${set}`, `PATCH ${set}`],
    );
    assert.deepEqual(written[0].body, { preconditions: { uid: "second" }, propagationPolicy: "Orphan" });
    const { metadata, spec } = made(written);
    assert.equal(metadata.annotations["cassandra/former-uid"], "first");
    assert.deepEqual(spec.volumeClaimTemplates[0].spec, {
      storageClassName: "fast",
      resources: { requests: { storage: "2Gi" } },
    });
  });

  it("keeps the claims that it was adopted with", async () => {
    const { spec } = liveSet("1Gi");
    const adopted = { metadata: { name: "cassandra", namespace: "db" }, spec };
    const written = await update(adopted, { isKept: true });
    assert.deepEqual(made(written).spec.volumeClaimTemplates[0].spec, {
      storageClassName: "fast",
      resources: { requests: { storage: "1Gi" } },
    });
  });

  it("is not asked for where volumes that were kept are of another size, and cannot grow", async () => {
    const live = liveSet("2Gi", { uid: "first" });
    assert.deepEqual(await update(inputs("2Gi"), { live, claims: ["1Gi"] }), []);
    await assert.rejects(
      update(inputs("2Gi"), { claims: ["1Gi"] }),
      /class "fast" of its volumes does not let them grow/,
    );
  });
});
