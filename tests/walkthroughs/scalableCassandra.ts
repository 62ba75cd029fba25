import * as assert from "node:assert/strict";
import { walkthrough } from "./walkthrough";

/** The first document: a ring without volumes, then one with them. */
export default walkthrough("Scalable multi-node Cassandra on Kubernetes", {}, (step) => {
  step("1, 2. A headless Service and a ReplicationController of one replica", async (guide) => {
    guide.today("the image anthonyamanse/cassandra-demo is gone; Cassandra's official image stands in its place");
    guide.config({ topologies: ["ephemeral"], replicas: 1 });
    await guide.pulumi("up");
    const service = await guide.type("kubectl get svc cassandra");
    guide.seen("a headless Service on Cassandra's port", () => assert.match(service, /ClusterIP +None .*9042\/TCP/));
  });

  step("3. Look at the controller, its pod and the ring", async (guide) => {
    const controller = await guide.type("kubectl get rc");
    guide.seen("one of one replica ready", () => assert.match(controller, /^cassandra +1 +1 +1 /m));
    const pods = await guide.type("kubectl get pods -o wide");
    guide.seen("one pod, under a random name", () => assert.match(pods, /^cassandra-[a-z0-9]{5} +1\/1 +Running/m));
    await guide.seesMembers(1, (await guide.pods())[0]);
  });

  step("5. CQL: the employees, which are in the ring before it grows", async (guide) => {
    const [pod] = await guide.pods();
    await guide.loadEmployees(pod, 1);
    const tables = await guide.type(`kubectl exec ${pod} -- cqlsh -e "DESCRIBE TABLES"`);
    guide.seen("the table in its keyspace", () => assert.match(tables, /Keyspace my_cassandra_keyspace\n-+\nemployee/));
    await guide.readsEmployeesThroughEveryPod();
  });

  step("4. Scale, first as the document does it by hand, then by an edit of the stack", async (guide) => {
    await guide.type("kubectl scale rc cassandra --replicas=2");
    await guide.until("two pods serve", async () => (await guide.servingPods()).length === 2);
    await guide.readsEmployeesThroughEveryPod();
    guide.config({ topologies: ["ephemeral"], replicas: 4 });
    await guide.pulumi("up");
    const controller = await guide.type("kubectl get rc");
    guide.seen("four of four replicas ready", () => assert.match(controller, /^cassandra +4 +4 +4 /m));
    await guide.type("kubectl get pods -o wide");
    guide.today("Endpoints are deprecated in favour of EndpointSlices; the document's command still answers");
    const endpoints = await guide.type("kubectl get endpoints cassandra -o yaml 2>/dev/null");
    guide.seen("four addresses behind the Service", () => assert.equal(endpoints.match(/^ +-? *ip: /gm)?.length, 4));
    const pods = await guide.pods();
    await guide.seesMembers(4, pods[0]);
    await guide.readsEmployeesThroughEveryPod(pods);
  });

  step("6, 7. The persistent cluster takes the ephemeral one's place, on four static volumes", async (guide) => {
    guide.today("hostPath volumes that any node takes for its own are `local` ones now, which name their node");
    const volumes = [1, 2, 3, 1].map((node, i) => ({
      node: `node${node}`,
      path: guide.lab.makeDisk(node, `data-${i}`),
    }));
    const persistent = { topologies: ["persistent"], replicas: 1, storage: "local", localVolumes: volumes };
    guide.config(persistent);
    const why = await guide.refused();
    guide.seen("it says that the data is not carried over", () =>
      assert.match(why, /leaves ring cassandra \(ephemeral\) behind: its data is not carried over/),
    );
    guide.config({ ...persistent, acceptDataLoss: true });
    const said = await guide.pulumi("up");
    guide.note("One update: the new ring was ready before the old one went, and the Services lead to it.");
    guide.seen("the set was made before the controller was deleted", () => {
      const [made, gone] = [/StatefulSet cassandra created/, /ReplicationController cassandra deleted/];
      assert.ok(said.search(made) > 0 && said.search(made) < said.search(gone), said);
    });
    guide.config(persistent);
  });

  step("8. Look at the set", async (guide) => {
    const set = await guide.type("kubectl get statefulsets");
    guide.seen("one of one replica ready", () => assert.match(set, /^cassandra +1\/1 /m));
    const claims = await guide.type("kubectl get pv -l type=local");
    guide.seen("four volumes, of which one is bound to the first member", () => {
      assert.equal(claims.match(/^default-data-cassandra-\d .*(Bound|Available|Pending)/gm)?.length, 4);
      assert.match(claims, /^default-data-cassandra-0 .* Bound +default\/data-cassandra-0 /m);
    });
    const pods = await guide.type("kubectl get pods -o wide");
    guide.seen("a pod whose name stays", () => assert.match(pods, /^cassandra-0 +1\/1 +Running/m));
    await guide.seesMembers(1, "cassandra-0");
    await guide.loadEmployees("cassandra-0", 1);
  });

  step("9. Scale the set, first as the document does it by hand, then by an edit of the stack", async (guide) => {
    await guide.type("KUBE_EDITOR='sed -i \"s/replicas: 1$/replicas: 2/\"' kubectl edit statefulset cassandra");
    await guide.until("two pods serve", async () => (await guide.servingPods()).length === 2);
    const volumes = [1, 2, 3, 1].map((node, i) => ({
      node: `node${node}`,
      path: `/run/lab/node${node}/disks/data-${i}`,
    }));
    guide.config({ topologies: ["persistent"], replicas: 4, storage: "local", localVolumes: volumes });
    await guide.pulumi("up");
    const set = await guide.type("kubectl get statefulsets");
    guide.seen("four of four replicas ready", () => assert.match(set, /^cassandra +4\/4 /m));
    const pods = await guide.type("kubectl get pods -o wide");
    guide.seen("each on the node of its volume", () => {
      for (const [i, node] of [1, 2, 3, 1].entries())
        assert.match(pods, new RegExp(`^cassandra-${i} .* node${node} `, "m"));
    });
    await guide.seesMembers(4, "cassandra-0");
  });

  step("10. CQL on the persistent cluster", async (guide) => {
    await guide.readsEmployeesThroughEveryPod();
  });

  step("Clean up, with the document's commands for what is meant to outlive a stack", async (guide) => {
    await guide.type("kubectl logs cassandra-0 --tail=3");
    await guide.pulumi("destroy");
    const left = await guide.type("kubectl get pvc,pv -l app=cassandra");
    guide.seen("the claims and volumes of all four members stay", () => assert.equal(left.match(/Bound/g)?.length, 8));
    await guide.type("kubectl delete rc,statefulset,pvc,svc -l app=cassandra");
    await guide.type("kubectl delete pv -l type=local");
  });

  step("The alternative that the document names: volumes that are provisioned as asked for", async (guide) => {
    const dynamic = { topologies: ["persistent"], replicas: 1, storage: "minikube-hostpath", storageClassName: "fast" };
    guide.config({ ...dynamic, volumeRetention: "delete", acceptDataLoss: true });
    await guide.pulumi("up");
    const volumes = await guide.type("kubectl get pvc,pv");
    guide.seen("a volume was made for the claim", () =>
      assert.match(volumes, /persistentvolumeclaim\/data-cassandra-0 +Bound +pvc-/),
    );
    await guide.seesMembers(1, "cassandra-0");
    await guide.pulumi("destroy");
  });
});
