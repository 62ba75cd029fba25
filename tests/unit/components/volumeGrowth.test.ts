import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { volumesGrowFirst } from "../../../components/volumeGrowth";
import { withApiServer } from "../apiServer";
import { callHook, record } from "../recorder";

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
        await record(() => volumesGrowFirst("cassandra", args, new Parent()), true);
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

  it("grow where they are to be larger", async () => {
    await look(inputs("2Gi"));
    assert.deepEqual(told, [
      "ring cassandra: volumeSize 1Gi -> 2Gi: the volumes grow while their members serve; the set is made anew around its pods, none of " +
        "which restarts",
    ]);
  });

  it("neither shrink, nor grow where their class does not let them, nor together with another count", async () => {
    await assert.rejects(look(inputs("512Mi")), {
      message:
        'cassandra:volumeSize: "512Mi" is not allowed for ring cassandra: its volumes are of 1Gi, and no volume can shrink; allowed is ' +
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
        /^StatefulSet db\/cassandra is another one than the state of this stack holds \(UID one, not another\); nothing was/,
    });
    await look(inputs("1Gi"), {
      uid: "another",
      set: liveSet("1Gi", { annotations: { "cassandra/former-uid": "another" } }),
    });
  });

  it("have their set made again where somebody took it away from around its pods", async () => {
    await look(inputs("1Gi"), { set: null });
    assert.deepEqual(told, [
      "ring cassandra: StatefulSet cassandra is gone from around its pods: it is made again, and none of them restarts",
    ]);
  });
});
