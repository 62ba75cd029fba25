import * as assert from "node:assert/strict";
import { Guide } from "./guide";
import { walkthrough } from "./walkthrough";

const minikube = {
  topologies: ["persistent"],
  storage: "minikube-hostpath",
  storageClassName: "fast",
  volumeSize: "1Gi",
};
const daemon = { nodeSelector: { app: "cassandra" } };

/** What is read of `pulumi preview --json`. */
interface Plan {
  steps: { newState?: { inputs?: Record<string, unknown> } }[];
}

/** Makes rows with one copy each, more than a handful, so that a share that went missing shows. */
async function writeRows(guide: Guide, pod: string): Promise<void> {
  const rows = Array.from({ length: 300 }, (_, id) => `INSERT INTO examples.numbers (id) VALUES (${id});`);
  const statements = [
    "CREATE KEYSPACE examples WITH replication = {'class': 'NetworkTopologyStrategy', 'DC1-K8Demo': 1};",
    "CREATE TABLE examples.numbers (id int PRIMARY KEY);",
    ...rows,
  ];
  guide.note(`(300 rows, one copy of each, through ${pod}: keyspace examples, table numbers)`);
  await guide.lab.kubectl(["exec", "-i", pod, "--", "cqlsh"], { input: statements.join("\n") });
}

const counts = (guide: Guide, pods?: string[]) => guide.countsThroughEveryPod("examples.numbers", 300, pods);

/** The fourth document: Cassandra in the Kubernetes examples, as a set, as replicas and as daemons. */
export default walkthrough("Cassandra in the Kubernetes examples", {}, (step) => {
  step("1, 2. The Service and a StatefulSet of three, on class `fast`", async (guide) => {
    guide.today(
      "the image gcr.io/google-samples/cassandra and the group apps/v1beta1 are gone: the official image, apps/v1",
    );
    guide.config({ ...minikube, replicas: 3 });
    await guide.pulumi("up");
    const services = await guide.type("kubectl get svc cassandra");
    guide.seen("a headless Service", () => assert.match(services, /^cassandra +ClusterIP +None/m));
    await guide.seesMembers(3, "cassandra-0");
    const keyspaces = await guide.type("kubectl exec cassandra-0 -- cqlsh -e 'desc keyspaces'");
    guide.seen("Cassandra's own keyspaces", () => assert.match(keyspaces, /system_auth/));
  });

  step("What the manifest sets, and why one line of it is not there", async (guide) => {
    guide.today("IPC_LOCK is not asked for unless lockMemory is: a pod that asks for it is refused in most namespaces");
    const paths = [
      ".spec.terminationGracePeriodSeconds",
      ".spec.containers[0].lifecycle.preStop.exec.command",
      ".spec.containers[0].readinessProbe.timeoutSeconds",
      ".spec.containers[0].resources.requests.memory",
      ".spec.containers[0].securityContext.capabilities",
    ].map((path) => `{${path}}{"\\n"}`);
    const set = await guide.type(`kubectl get pod cassandra-0 -o jsonpath='${paths.join("")}'`);
    guide.seen("half an hour to end in, a drain before that, and a probe with five seconds", () =>
      assert.deepEqual(set.split("\n").slice(0, 5), ["1800", '["/ring/pre-stop.sh"]', "5", "1Gi", '{"drop":["ALL"]}']),
    );
  });

  step("3. Class `fast`, on minikube and on Google's disks", async (guide) => {
    const found = await guide.type("kubectl get storageclass fast");
    guide.seen("minikube's provisioner", () => assert.match(found, /^fast +k8s.io\/minikube-hostpath/m));
    guide.today(
      "kubernetes.io/gce-pd is now the CSI driver pd.csi.storage.gke.io; a cloud stack names it by `storage: gce-pd`",
    );
    await guide.lab.ensureStack("dev");
    const plan = JSON.parse(await guide.lab.pulumi(["preview", "--stack", "dev", "--json"])) as Plan;
    const [storageClass] = plan.steps.flatMap(({ newState }) =>
      newState?.inputs?.kind === "StorageClass" ? [newState.inputs] : [],
    );
    guide.note(`pulumi preview --stack dev: ${JSON.stringify(storageClass)}`);
    guide.seen("fast disks of Google's", () => {
      assert.equal(storageClass.provisioner, "pd.csi.storage.gke.io");
      assert.deepEqual(storageClass.parameters, { type: "pd-ssd" });
    });
  });

  step("4. Change the set as the document does it, and by an edit of the stack", async (guide) => {
    await writeRows(guide, "cassandra-0");
    await guide.type("KUBE_EDITOR='sed -i \"s/replicas: 3$/replicas: 4/\"' kubectl edit statefulset cassandra");
    guide.config({ ...minikube, replicas: 4 });
    await guide.pulumi("up");
    const set = await guide.type("kubectl get statefulset cassandra");
    guide.seen("four of four ready", () => assert.match(set, /^cassandra +4\/4 /m));
    await guide.seesMembers(4, "cassandra-0");
    await counts(guide);
    guide.config({ ...minikube, replicas: 4, volumeRetention: "delete" });
    await guide.pulumi("up");
    await guide.pulumi("destroy");
    await guide.until(
      "the claims are gone with the set",
      async () => (await guide.lab.kubectl(["get", "pvc", "-o", "name"])) === "",
    );
  });

  step("5. A ReplicationController of two, whose seeds are found through the Kubernetes API", async (guide) => {
    guide.today(
      "the seed provider io.k8s.cassandra was built into the old image; here the pod's own script asks the API",
    );
    guide.config({ topologies: ["ephemeral"], replicas: 2, acceptDataLoss: true });
    await guide.pulumi("up");
    guide.config({ topologies: ["ephemeral"], replicas: 2 });
    const controller = await guide.type("kubectl get rc -o wide");
    guide.seen("two of two, by a selector of its own", () => {
      assert.match(controller, /^cassandra +2 +2 +2 /m);
      assert.match(controller, /app.kubernetes.io\/component=ephemeral/);
    });
    const pods = await guide.type('kubectl get pods -l="app=cassandra" -o wide');
    guide.seen("two pods", () => assert.equal(pods.match(/Running/g)?.length, 2));
    const [pod] = await guide.pods();
    await guide.seesMembers(2, pod);
    await writeRows(guide, pod);
  });

  step("6. Scale the ring to four", async (guide) => {
    guide.config({ topologies: ["ephemeral"], replicas: 4 });
    await guide.pulumi("up");
    const pods = await guide.pods();
    await guide.seesMembers(4, pods[0]);
    await counts(guide, pods);
  });

  step("7. Delete the controller as the document does it", async (guide) => {
    await guide.type("kubectl delete rc cassandra");
    await guide.until(
      "the pods are gone, within a minute and without decommissioning: the whole ring goes",
      async () => (await guide.pods()).length === 0,
    );
  });

  step("8. A DaemonSet: a member on each node that a label picks, and no count", async (guide) => {
    guide.config({ topologies: ["daemon"], replicas: 3, daemon });
    const why = await guide.refused();
    guide.seen("a count is refused", () =>
      assert.match(why, /cassandra:replicas: invalid value "3" while daemon has one for each node/),
    );
    await guide.type("kubectl label nodes node1 node2 node3 app=cassandra");
    guide.config({ topologies: ["daemon"], daemon, acceptDataLoss: true });
    await guide.pulumi("up");
    guide.config({ topologies: ["daemon"], daemon });
    const set = await guide.type("kubectl get daemonset");
    guide.seen("three wanted, three ready", () => assert.match(set, /^cassandra +3 +3 +3 +3 +3 +app=cassandra/m));
    const pods = await guide.type('kubectl get pods -l="app=cassandra" -o wide');
    guide.seen("one on each node", () => {
      for (const node of [1, 2, 3]) assert.equal(pods.match(new RegExp(` node${node} `, "g"))?.length, 1);
    });
    const [pod] = await guide.pods();
    await guide.seesMembers(3, pod);
    await writeRows(guide, pod);
  });

  step("A fourth node comes, gets its member, and is taken away again", async (guide) => {
    await guide.type(
      "npm run -s lab -- up --name walkthrough --nodes 4 2>/dev/null; kubectl label node node4 app=cassandra",
    );
    await guide.until("four members serve", async () => (await guide.servingPods()).length === 4);
    const set = await guide.type("kubectl get daemonset");
    guide.seen("four wanted, four ready", () => assert.match(set, /^cassandra +4 +4 +4 /m));
    const pods = await guide.pods();
    await guide.seesMembers(4, pods[0]);
    await counts(guide, pods);

    await guide.type("kubectl label node node4 app-");
    await guide.until("its member has left the ring", async () => (await guide.pods()).length === 3);
    await guide.type("npm run -s lab -- up --name walkthrough --nodes 3 2>/dev/null; kubectl get nodes");
    const left = await guide.pods();
    await guide.seesMembers(3, left[0]);
    await counts(guide, left);
  });

  step("A controller and a DaemonSet side by side: neither takes the other's pods", async (guide) => {
    guide.note("In the document one must go first, since both select app=cassandra.");
    const uids = async (selector: string) =>
      guide.lab.kubectl(["get", "pods", "-l", selector, "-o", "jsonpath={.items[*].metadata.uid}"]);
    const daemons = "app.kubernetes.io/component=daemon";
    const replicas = "app.kubernetes.io/component=ephemeral";
    const before = await uids(daemons);
    guide.config({ topologies: ["daemon", "ephemeral"], replicas: 2, daemon });
    await guide.pulumi("up");
    const all = await guide.type('kubectl get rc,daemonset,pods -l="app=cassandra"');
    guide.seen("three daemons and two replicas", () => {
      assert.match(all, /daemonset.apps\/cassandra +3 +3 +3 /);
      assert.match(all, /replicationcontroller\/cassandra-ephemeral +2 +2 +2 /);
    });
    const beside = await uids(daemons);
    guide.seen("the daemons' pods are the ones from before", () => assert.equal(beside, before));
    await guide.seesMembers(2, (await guide.pods(replicas))[0]);

    const [victim] = await guide.pods(replicas);
    await guide.type(`kubectl delete pod ${victim}`);
    await guide.until("two replicas serve again", async () => (await guide.servingPods(replicas)).length === 2);
    await guide.seesMembers(2, (await guide.servingPods(replicas))[0]);
    const [daemonPod] = await guide.pods(daemons);
    await guide.seesMembers(3, daemonPod);
    await counts(guide, await guide.pods(daemons));
    const after = await uids(daemons);
    guide.seen("the daemons' pods are the same", () => assert.equal(after, before));
  });

  step("Clean up", async (guide) => {
    await guide.pulumi("destroy");
    await guide.until("no pod is left", async () => (await guide.pods()).length === 0);
    await guide.type("kubectl label nodes node1 node2 node3 app-");
  });
});
