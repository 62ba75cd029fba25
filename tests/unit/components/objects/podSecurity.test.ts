import * as assert from "node:assert/strict";
import {
  CockroachCluster,
  DaemonCluster,
  EphemeralCluster,
  PersistentCluster,
  SinglePod,
} from "../../../../components/index";
import { containerSecurity, podSecurity } from "../../../../components/objects/podSecurity";
import { ringArgs } from "../../../support/args";
import { cockroachArgs } from "../../../support/cockroach";
import { callHook, only, record, warningsOf } from "../../../support/recorder";
import { PodSpec, refusalsOf } from "../../../support/restrictedV2";

type Choice = { podSecurity?: "restricted" | "openshift" };
const volumes = { replicas: 3, volumeSize: "1Gi" };
const certificates = { node: "cockroachdb.node", client: "cockroachdb.client.root" };

/** Each topology, and the number of kinds of pods that it makes. */
const programs: Record<string, [number, (choice: Choice) => unknown]> = {
  persistent: [1, (choice) => new PersistentCluster("ring", { ...ringArgs, ...volumes, ...choice })],
  "persistent in racks, encrypted": [
    2,
    (choice) =>
      new PersistentCluster("ring", {
        ...ringArgs,
        ...volumes,
        ...choice,
        replicas: 2,
        racks: ["a", "b"],
        tlsSecret: "tls",
      }),
  ],
  ephemeral: [1, (choice) => new EphemeralCluster("ring", { ...ringArgs, replicas: 3, ...choice })],
  daemon: [1, (choice) => new DaemonCluster("ring", { ...ringArgs, ...choice })],
  pod: [1, (choice) => new SinglePod("ring", { ...ringArgs, ...choice })],
  cockroachdb: [
    4,
    (choice) =>
      new CockroachCluster("ring", {
        ...cockroachArgs,
        ...choice,
        certificates,
        sqlClient: true,
        loadGenerator: true,
      }),
  ],
};

/** The spec of every pod, whatever makes it. */
async function podsOf(make: () => unknown): Promise<PodSpec[]> {
  type Inputs = { spec?: { template?: { spec: PodSpec } } & PodSpec };
  return (await record(make)).flatMap(({ inputs }) => {
    const { spec } = inputs as Inputs;
    return [spec?.template?.spec, spec].filter((one): one is PodSpec => one?.containers !== undefined);
  });
}

describe("pods on OpenShift", () => {
  for (const [name, [kinds, make]] of Object.entries(programs)) {
    it(`are admitted by the SCC restricted-v2: ${name}`, async () => {
      const pods = await podsOf(() => make({ podSecurity: "openshift" }));
      assert.equal(pods.length, kinds);
      for (const pod of pods) {
        assert.deepEqual(refusalsOf(pod), []);
        assert.deepEqual(pod.securityContext, {
          runAsNonRoot: true,
          fsGroupChangePolicy: "OnRootMismatch",
          seccompProfile: { type: "RuntimeDefault" },
        });
        for (const { securityContext } of [...(pod.initContainers ?? []), ...pod.containers])
          assert.deepEqual(securityContext, containerSecurity);
      }
    });

    it(`name the user of their image elsewhere, whom the SCC refuses: ${name}`, async () => {
      const pods = await podsOf(() => make({}));
      assert.equal(pods.length, kinds);
      const user = name === "cockroachdb" ? 10001 : 999;
      for (const pod of pods) {
        assert.deepEqual(pod.securityContext, podSecurity(user));
        const refused = refusalsOf(pod);
        assert.ok(refused.includes(`fsGroup ${user}`) && refused.some((line) => line.endsWith(`runAsUser ${user}`)));
      }
      // Else every ring would restart with a version of this program that knows the key.
      assert.deepEqual(await podsOf(() => make({ podSecurity: "restricted" })), pods);
    });
  }

  it("would be refused folders of nodes and locked memory", async () => {
    const onFolders = { ...ringArgs, hostPath: "/mnt/ring" };
    const [folders] = await podsOf(() => new DaemonCluster("ring", onFolders));
    assert.ok(refusalsOf(folders).includes("volume data: hostPath"));
    assert.ok(refusalsOf(folders).includes("own-data: runAsUser 0"));
    const [locking] = await podsOf(() => new SinglePod("ring", { ...ringArgs, lockMemory: true }));
    assert.ok(refusalsOf(locking).includes("cassandra: capabilities IPC_LOCK"));
  });
});

describe("another user on volumes with files", () => {
  const inputsOf = async (type: string, make: () => unknown) => only(await record(make), type).inputs;

  it("is warned of in preview, both ways, where members or nodes of CockroachDB have volumes", async () => {
    for (const [type, name, subject] of [
      ["PersistentCluster", "persistent", "ring cassandra"],
      ["CockroachCluster", "cockroachdb", "CockroachDB cluster cockroachdb"],
    ]) {
      const [, make] = programs[name];
      const [before, after] = [
        await inputsOf(`cassandra:index:${type}`, () => make({})),
        await inputsOf(`cassandra:index:${type}`, () => make({ podSecurity: "openshift" })),
      ];
      assert.deepEqual(after, { ...before, podSecurity: "openshift" });
      const tell = (oldInputs: object, newInputs: object) =>
        warningsOf(() => callHook("ring-another-owner", { oldInputs, newInputs }, { onDryRun: true }));
      for (const [old, wanted, back] of [
        [before, after, "restricted"],
        [after, before, "openshift"],
      ] as const) {
        const [said, ...others] = await tell(old, wanted);
        assert.deepEqual(others, []);
        assert.ok(said.startsWith(`podSecurity: the pods of ${subject} restart one at a time, as another user, `));
        assert.ok(
          said.endsWith(
            `the first pod does not serve, and \`podSecurity: ${back}\` in the program takes the edit back`,
          ),
          said,
        );
      }
      for (const same of [before, after]) assert.deepEqual(await tell(same, same), []);
    }
  });

  it("is no matter where the files go with the pods, or pods stay as they are", async () => {
    for (const make of [
      () => programs.ephemeral[1]({}),
      () => new PersistentCluster("ring", { ...ringArgs, ...volumes, auth: "none", adopt: "kept" }),
    ]) {
      await record(make);
      await assert.rejects(callHook("ring-another-owner", { oldInputs: {}, newInputs: {} }), /no hook/);
    }
  });
});
