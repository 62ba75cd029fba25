import * as assert from "node:assert/strict";
import { Lab } from "../../../lab/src/lab";
import type { Declaration } from "./index";
import { claimSpec, KubeList, KubeObject, statefulSet } from "./objects";
import { ProgramStack } from "./programStack";
import { isOlder } from "./versions";

interface EndpointSlices {
  items: { endpoints?: { conditions: { ready: boolean } }[] }[];
}

/** Shorter than the time that a cordoned node keeps a pod waiting, which is for ever. */
const short = { options: { customTimeouts: { create: "5s" } } };

const service = (name: string, rest: Partial<Declaration> = {}): Declaration => ({
  type: "kubernetes.core.v1.Service",
  name: `${name}-client`,
  args: { metadata: { name: `${name}-service` }, spec: { selector: { set: name }, ports: [{ port: 9042 }] } },
  ...rest,
});

const claim = (name: string, storageClassName: string): Declaration => ({
  type: "kubernetes.core.v1.PersistentVolumeClaim",
  name,
  args: { metadata: { name }, spec: claimSpec(storageClassName) },
});

const job: Declaration = {
  type: "kubernetes.batch.v1.Job",
  name: "once",
  args: {
    metadata: { name: "once" },
    spec: { template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "main" }] } } },
  },
};

const prompt = [
  statefulSet("prompt", { replicas: 2 }),
  service("prompt"),
  claim("bound", "standard"),
  claim("unused", "for-consumers"),
  job,
  statefulSet("orphaning", {}, { annotations: { "pulumi.com/deletionPropagationPolicy": "orphan" } }),
];
const late = [
  statefulSet("late", {}, {}, short),
  service("late", short),
  statefulSet("unawaited", {}, { annotations: { "pulumi.com/skipAwait": "true" } }, short),
];

export function waits(lab: () => Lab): void {
  describe("waits", () => {
    let stack: ProgramStack;
    const nodes = ["node1", "node2", "node3"];
    const get = (kind: string, name: string) => stack.get<KubeObject>(kind, name);
    const pods = async (set: string) => (await stack.get<KubeList>("pods", "-l", `set=${set}`)).items.length;

    /** Whether each endpoint of a Service is ready. */
    const endpoints = async (name: string) => {
      const label = `kubernetes.io/service-name=${name}-service`;
      const { items } = await stack.get<EndpointSlices>("endpointslices", "-l", label);
      return items.flatMap((slice) => slice.endpoints?.map(({ conditions }) => conditions.ready) ?? []);
    };

    before(async () => {
      stack = await ProgramStack.of(lab(), "waits");
      const forConsumers = {
        apiVersion: "storage.k8s.io/v1",
        kind: "StorageClass",
        metadata: { name: "for-consumers" },
        provisioner: "k8s.io/minikube-hostpath",
        volumeBindingMode: "WaitForFirstConsumer",
      };
      await lab().kubectl(["apply", "-f", "-"], { input: JSON.stringify(forConsumers) });
    });

    it("for pods, endpoints, volumes and completions, but for no volume that waits for a pod itself", async () => {
      stack.resources = prompt;
      await stack.up();
      assert.equal((await get("statefulset", "prompt-set")).status.readyReplicas, 2);
      assert.deepEqual(await endpoints("prompt"), [true, true]);
      assert.equal((await get("pvc", "bound")).status.phase, "Bound");
      assert.equal((await get("pvc", "unused")).status.phase, "Pending");
      assert.equal((await get("job", "once")).status.succeeded, 1);
    });

    it("end with an error when the time is over, and the objects stay in the state", async () => {
      await lab().kubectl(["cordon", ...nodes]);
      try {
        stack.resources = [...prompt, ...late];
        const printed = await stack.refused("up", "--yes", "--skip-preview");
        assert.match(printed, /late-set/);
        // A Service of no pod that has an address, the older one takes for ready once the time is over.
        const lateService = /Service \(late-client\):\s+error:/;
        if (isOlder(lab())) assert.doesNotMatch(printed, lateService);
        else assert.match(printed, lateService);
        assert.doesNotMatch(printed, /unawaited-set/);
        const names = stack.resources.map(({ name }) => name);
        assert.deepEqual(await stack.managed(), names.sort());
        assert.equal(await pods("unawaited"), 1);
      } finally {
        await lab().kubectl(["uncordon", ...nodes]);
      }
    });

    it("end well at the next update once the cause is gone, for the same objects", async () => {
      const before = [await get("statefulset", "late-set"), await get("service", "late-service")];
      await stack.up();
      const after = [await get("statefulset", "late-set"), await get("service", "late-service")];
      assert.deepEqual(
        after.map(({ metadata }) => metadata.uid),
        before.map(({ metadata }) => metadata.uid),
      );
      assert.equal(after[0].status.readyReplicas, 1);
      assert.deepEqual(await endpoints("late"), [true]);
    });

    it("for the end of what a deleted object owns, unless that is to be orphaned", async () => {
      await stack.destroy();
      await assert.rejects(get("statefulset", "orphaning-set"), /not found/);
      assert.deepEqual([await pods("prompt"), await pods("orphaning")], [0, 1]);
    });
  });
}
