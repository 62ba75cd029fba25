import * as assert from "node:assert/strict";
import { minikube, Scene } from "./scene";

/** Edits that preview and update refuse, since data would be lost. */
export function refusedEdits(scene: () => Scene): void {
  it("refuses folders of nodes where the namespace would admit no pod that has them", async () => {
    const why =
      'cassandra:daemon.hostPath: "/mnt/ring" is not allowed in namespace default, which enforces the Pod Security Standard restricted';
    scene().configure({ topologies: ["daemon"], daemon: { hostPath: "/mnt/ring" } });
    const previewed = await scene().stack.refused("preview");
    assert.ok(previewed.includes(why), previewed);
    assert.deepEqual(await scene().objects(), []);
    const updated = await scene().stack.refused("up", "--yes", "--skip-preview");
    assert.ok(updated.includes(why), updated);
    assert.deepEqual(
      (await scene().objects()).filter((object) => /^(DaemonSet|Pod) /.test(object)),
      [],
    );
    await scene().destroy();
  });

  describe("an edit that would lose data", () => {
    const all = {
      ...minikube,
      topologies: ["ephemeral", "daemon", "pod", "cockroachdb"],
      replicas: 3,
      daemon: { hostPath: "/mnt/ring" },
    };
    const leavesFolder = "cassandra:daemon.hostPath: this edit leaves the data in /mnt/ring behind";

    before(async () => {
      await scene().enforce("privileged");
      scene().configure(all);
      await scene().stack.up();
    });

    // The suite has the namespace admit restricted pods alone before each test.
    beforeEach(() => scene().enforce("privileged"));

    /** Edits, each with the sentences that refuse it. One of each kind is for `npm test`. */
    const edits: Record<string, [settings: Record<string, unknown>, ...sentences: string[]]> = {
      "another hostPath of the daemon ring": [{ daemon: { hostPath: "/mnt/elsewhere" } }, leavesFolder],
      "@all no hostPath of the daemon ring": [{ daemon: {} }, leavesFolder],
      "another memory of the single pod": [
        { pod: { memory: "2Gi" } },
        "ring cassandra-pod: this edit replaces its only pod",
      ],
      "@all another name": [{ ephemeral: { name: "other" } }, "leaves ring cassandra (ephemeral) behind"],
      "@all another namespace": [
        { namespace: "kube-system" },
        "leaves ring cassandra (ephemeral) in namespace default behind",
      ],
      "another clusterName": [
        { clusterName: "Other" },
        'cassandra:clusterName: "Other" is not allowed for ring cassandra (ephemeral): its members were made with "K8Demo"',
      ],
      "@all another datacenter": [
        { datacenter: "dc2" },
        'cassandra:datacenter: "dc2" is not allowed for ring cassandra (ephemeral)',
      ],
      "fewer nodes of CockroachDB": [
        { cockroachdb: { replicas: 2 } },
        "cassandra:replicas: 2 is below",
        "cockroach node decommission ID --insecure --host=cockroachdb-public",
      ],
    };
    for (const [title, [settings, ...sentences]] of Object.entries(edits)) {
      const mark = title.startsWith("@all ") ? "@all " : "";
      it(`${mark}is refused, and touches nothing: ${title.replace("@all ", "")}`, () =>
        scene().refuses({ ...all, ...settings }, ...sentences));
    }

    it("is made where acceptDataLoss says so", async () => {
      scene().configure({
        ...all,
        acceptDataLoss: "true",
        daemon: { hostPath: "/mnt/elsewhere" },
        pod: { memory: "2Gi" },
      });
      await scene().stack.up();
      await scene().destroy();
    });
  });
}
