import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../../lab/src/lab";
import { installMesh, meshDisk, nativeSidecar } from "../support/mesh";
import { inRingLab, RingStack } from "../support/ringStack";
import { isServing, nameOf, Pod, smallMembers } from "../support/stack";

const minutes = 60_000;
const native = { podTemplatePatch: { metadata: { annotations: { [nativeSidecar]: "true" } } } };

type Containers = "containerStatuses" | "initContainerStatuses";
type Proxied = Pod & { status: Partial<Record<Containers, { name: string; state: object }[]>> };
const runs = ({ status }: Proxied, list: Containers, name: string): boolean =>
  !!status[list]?.some((one) => one.name === name && "running" in one.state);

describe("a ring in a service mesh, whose proxies accept every connection", function () {
  this.timeout(25 * minutes);
  let lab: Lab;
  let stack: RingStack;
  let disk: string;

  const configure = (settings: Record<string, unknown>) => stack.configure({ ...smallMembers, ...settings });
  const persistent = { storage: "minikube-hostpath", volumeRetention: "delete", replicas: 3 };
  const ephemeral = { topologies: ["ephemeral"] };
  const podOf = async (name: string): Promise<Pod> => (await stack.pods()).find((pod) => nameOf(pod) === name)!;
  /** What the scripts of a pod hear at the two ports of another one. */
  const heard = async (from: string, to: string): Promise<string> => {
    const program =
      "import sys; sys.path.insert(0, '/ring'); import port_answers as p; print(p.answers_cql(sys.argv[1]), p.answers_internode(sys.argv[1]))";
    const said = await stack.exec(from, ["python3", "-B", "-c", program, (await podOf(to)).status.podIP!]);
    return said.trim();
  };
  const signal = (pod: string, name: string) =>
    stack.exec(pod, ["sh", "-c", `kill -${name} $(cat /tmp/cassandra.pid)`]);
  async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
    for (let i = 0; !(await isSo()); i++) {
      assert.ok(i < 120, what);
      await sleep(1000);
    }
  }

  inRingLab((made) => ({ lab, stack } = made));

  before(async () => {
    disk = await meshDisk(lab);
  });

  it("@all forms a ring of three behind native proxies, after a warning of others", async () => {
    await installMesh(lab, disk);
    configure(persistent);
    assert.match(
      await stack.pulumi("preview"),
      /warning: ring cassandra: its pods in namespace default have the container istio-proxy, which ends as soon as a pod is asked to end/,
    );
    configure({ ...persistent, ...native });
    assert.doesNotMatch(await stack.pulumi("preview"), /istio-proxy/);
    await stack.up();
    await stack.oneRing(3);
    await stack.writeRows("cassandra-0", 1000, 3);
    await stack.everyPodCounts(1000);
  });

  it("@all does not take a member for one that serves whose process stands still", async () => {
    assert.equal(await heard("cassandra-0", "cassandra-1"), "True True");
    await signal("cassandra-1", "STOP");
    // As every proxy of a mesh does, also where nothing listens.
    assert.deepEqual(
      await stack.reachable("cassandra-0", await podOf("cassandra-1"), [9042, 7000, 9999]),
      [9042, 7000, 9999],
    );
    assert.equal(await heard("cassandra-0", "cassandra-1"), "False False");
    assert.equal(await heard("cassandra-0", "cassandra-2"), "True True");
    await until(async () => !isServing(await podOf("cassandra-1")), "cassandra-1 is ready, and stands still");
    await signal("cassandra-1", "CONT");
    await until(async () => isServing(await podOf("cassandra-1")), "cassandra-1 is not ready again");
    assert.equal(await heard("cassandra-0", "cassandra-1"), "True True");
    await stack.oneRing(3);
    await stack.everyPodCounts(1000);
  });

  it("@all waits for a proxy that is ready after the member, and says so", async () => {
    await installMesh(lab, disk, 15);
    const { metadata } = await podOf("cassandra-2");
    await lab.kubectl(["delete", "pod", "cassandra-2"]);
    await stack.serving(3, { gone: [metadata.uid] });
    assert.match(
      await lab.kubectl(["logs", "cassandra-2", "-c", "cassandra"]),
      /ring: waiting: the API server or another member must answer/,
    );
    assert.equal(await stack.restarts("cassandra-2"), 0);
    await stack.oneRing(3);
    await stack.everyPodCounts(1000);
    await stack.destroy();
  });

  it("@all refuses members that could not stream their data, and loses no row of one copy behind native proxies", async () => {
    await installMesh(lab, disk);
    configure({ ...ephemeral, replicas: 4 });
    await stack.refusedWith(
      [
        "ring cassandra is not allowed in namespace default as it is: its pods have the container istio-proxy, which ends as soon as a pod is " +
          "asked to end. A member could no longer stream its data to the others then, and its data would be lost with the pod; allowed is the " +
          'annotation sidecar.istio.io/nativeSidecar: "true" (in cassandra:podTemplatePatch, or for the namespace; Kubernetes 1.29 or later), or ' +
          "pods outside of the mesh. To lose the data: `pulumi config set acceptDataLoss true`",
      ],
      "preview",
    );
    configure({ ...ephemeral, ...native, replicas: 4 });
    await stack.up();
    const [first] = await stack.pods();
    await stack.writeRows(nameOf(first), 10_000);
    configure({ ...ephemeral, ...native, replicas: 3 });
    const ends = { isSeen: false, isOver: false };
    const watch = async () => {
      for (; !ends.isOver; await sleep(500)) {
        for (const pod of (await stack.pods()) as Proxied[]) {
          const [member, proxied] = [
            runs(pod, "containerStatuses", "cassandra"),
            runs(pod, "initContainerStatuses", "istio-proxy"),
          ];
          if (!pod.metadata.deletionTimestamp || !member) continue;
          ends.isSeen = true;
          assert.ok(proxied, "the proxy has ended before the member");
        }
      }
    };
    await Promise.all([stack.up().finally(() => (ends.isOver = true)), watch()]);
    assert.ok(ends.isSeen, "no member was seen that streams its data");
    await stack.serving(3);
    await stack.oneRing(3);
    await stack.everyPodCounts(10_000);
  });
});
