import * as assert from "node:assert/strict";
import { walkthrough } from "./walkthrough";

const stack = {
  topologies: ["persistent"],
  replicas: 3,
  storage: "minikube-hostpath",
  storageClassName: "fast",
  volumeSize: "1Gi",
};

/** The second document: the StatefulSet tutorial on minikube. */
export default walkthrough("Deploying Cassandra with a StatefulSet", {}, (step) => {
  step("1. A cluster with room for the ring", async (guide) => {
    guide.today(
      "in place of `minikube start --memory 5120 --cpus=4` there is this lab, whose nodes share this machine",
    );
    const nodes = await guide.type("kubectl get nodes");
    guide.seen("its nodes are ready", () => assert.equal(nodes.match(/ Ready /g)?.length, 3));
  });

  step("2, 3. The headless Service and the StatefulSet of three", async (guide) => {
    guide.today(
      "the image gcr.io/google-samples/cassandra:v13 is Cassandra 3.11; the official 5.0 stands in its place",
    );
    guide.config(stack);
    await guide.pulumi("up");
    const service = await guide.type("kubectl get svc cassandra");
    guide.seen("a headless Service", () => assert.match(service, /^cassandra +ClusterIP +None +<none> +9042\/TCP/m));
  });

  step("4. Validate", async (guide) => {
    const set = await guide.type("kubectl get statefulset cassandra");
    guide.seen("three of three ready", () => assert.match(set, /^cassandra +3\/3 /m));
    const pods = await guide.type('kubectl get pods -l="app=cassandra"');
    guide.note("The document's pods start one after another; here the first ring forms in parallel.");
    guide.seen("pods 0, 1 and 2 run", () => {
      for (const i of [0, 1, 2]) assert.match(pods, new RegExp(`^cassandra-${i} +1/1 +Running`, "m"));
    });
    const environment = await guide.type("kubectl exec cassandra-0 -- env");
    guide.today("seeds are no variable any more: each pod finds out who can be one, and is never its own");
    guide.seen("the variables of the document's table", () => {
      for (const line of [
        "CASSANDRA_CLUSTER_NAME=K8Demo",
        "CASSANDRA_DC=DC1-K8Demo",
        "CASSANDRA_RACK=rack1",
        "CASSANDRA_NUM_TOKENS=16",
        "CASSANDRA_RPC_ADDRESS=0.0.0.0",
        "MAX_HEAP_SIZE=512M",
        "HEAP_NEWSIZE=100M",
      ]) {
        assert.ok(environment.split("\n").includes(line), `${line} is not in\n${environment}`);
      }
      assert.match(environment, /^POD_IP=\d/m);
    });
    await guide.seesMembers(3, "cassandra-0");
    const claims = await guide.type("kubectl get pvc");
    guide.seen("a claim for each, on the hostpath class", () =>
      assert.equal(claims.match(/^data-cassandra-\d +Bound .* fast /gm)?.length, 3),
    );
    await guide.loadEmployees("cassandra-0", 1);
    await guide.readsEmployeesThroughEveryPod();
  });

  step("5. Modify the set: three replicas to four", async (guide) => {
    guide.config({ ...stack, replicas: 4 });
    await guide.pulumi("up");
    const set = await guide.type("kubectl get statefulset cassandra");
    guide.seen("four of four ready", () => assert.match(set, /^cassandra +4\/4 /m));
    await guide.seesMembers(4, "cassandra-3");
    await guide.readsEmployeesThroughEveryPod();
  });

  step("6. Delete the set as the document does it, and see that no row goes with it", async (guide) => {
    await guide.type("kubectl delete statefulset -l app=cassandra");
    await guide.until("its pods are gone", async () => (await guide.pods()).length === 0);
    const claims = await guide.type("kubectl get pvc -l app=cassandra");
    guide.seen("the claims stay", () => assert.equal(claims.match(/Bound/g)?.length, 4));
    guide.note("What was deleted by hand comes back: refresh sees that it is gone, up makes it again.");
    await guide.pulumi("refresh");
    await guide.pulumi("up");
    await guide.seesMembers(4, "cassandra-0");
    await guide.readsEmployeesThroughEveryPod();
  });

  step("Clean up", async (guide) => {
    await guide.pulumi("destroy");
    const left = await guide.type("kubectl get pvc,pv");
    guide.seen("volumes are never deleted by deleting the set alone", () =>
      assert.equal(left.match(/Bound/g)?.length, 8),
    );
    await guide.type("kubectl delete persistentvolumeclaim -l app=cassandra");
    await guide.until(
      "the volumes are gone with their claims",
      async () => (await guide.lab.kubectl(["get", "pv", "-o", "name"])) === "",
    );
  });
});
