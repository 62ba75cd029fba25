import * as assert from "node:assert/strict";
import { walkthrough } from "./walkthrough";

/** The fifth document: first steps with Kubernetes v1.0, a pod that a controller adopts. */
export default walkthrough("A first walk through Kubernetes v1.0", {}, (step) => {
  const adopted = (replicas: number) => ({ topologies: ["ephemeral"], replicas, ephemeral: { adoptPod: true } });

  step("1. The cluster", async (guide) => {
    guide.today("etcdctl and systemctl look at the parts of a node of one's own; here the API server is asked");
    const info = await guide.type("kubectl cluster-info");
    guide.seen("the control plane answers", () => assert.match(info, /Kubernetes control plane.* is running at/));
    const nodes = await guide.type("kubectl get nodes");
    guide.seen("nodes are ready", () => assert.match(nodes, / Ready /));
  });

  step("2.1. A single pod", async (guide) => {
    guide.today("thrift, on port 9160, went with Cassandra 4.0; CQL on 9042 is what is left");
    guide.config({ topologies: ["pod"] });
    await guide.pulumi("up");
    const pods = await guide.type("kubectl get pods");
    guide.seen("it runs", () => assert.match(pods, /^cassandra +1\/1 +Running/m));
    const pod = await guide.type("kubectl describe pod cassandra");
    guide.seen("no controller has made it", () => assert.doesNotMatch(pod, /^Controlled By:/m));
    await guide.loadEmployees("cassandra", 1);
  });

  step("2.2. A Service with an address of its own", async (guide) => {
    guide.note("`cassandra` is the headless Service here; `cassandra-client` has the cluster IP.");
    const services = await guide.type("kubectl get services");
    guide.seen("an address and the port", () =>
      assert.match(services, /^cassandra-client +ClusterIP +10\.\S+ .*9042\/TCP/m),
    );
    await guide.type("kubectl logs cassandra --tail=3");
  });

  step("2.3. A ReplicationController that adopts the pod", async (guide) => {
    guide.config(adopted(1));
    const told = await guide.preview();
    guide.seen("the pod stays, and Pulumi only forgets it", () =>
      assert.match(told, /pod cassandra stays, with its data; Pulumi forgets the pod, and the controller adopts it/),
    );
    const before = await guide.lab.kubectl(["get", "pod", "cassandra", "-o", "jsonpath={.metadata.uid}"]);
    await guide.pulumi("up");
    const controller = await guide.type("kubectl get rc");
    guide.seen("one of one replica", () => assert.match(controller, /^cassandra +1 +1 +1 /m));
    const pods = await guide.type("kubectl get pods");
    guide.seen("still the one pod", () => assert.deepEqual(pods.match(/^cassandra\S*/gm), ["cassandra"]));
    const pod = await guide.type("kubectl describe pod cassandra");
    guide.seen("it belongs to the controller now", () =>
      assert.match(pod, /^Controlled By: +ReplicationController\/cassandra/m),
    );
    const after = await guide.lab.kubectl(["get", "pod", "cassandra", "-o", "jsonpath={.metadata.uid}"]);
    const state = await guide.type("pulumi stack");
    guide.seen("the very same, and no longer in Pulumi's state", () => {
      assert.equal(after, before);
      assert.match(state, /kubernetes:core\/v1:ReplicationController/);
      assert.doesNotMatch(state, /kubernetes:core\/v1:Pod /);
    });
    const refreshed = await guide.pulumi("refresh");
    guide.seen("the state is right: nothing differs", () => assert.doesNotMatch(refreshed, /updated|deleted|created/));
  });

  step("2.4. Scale out and in", async (guide) => {
    guide.config(adopted(2));
    await guide.pulumi("up");
    const pods = await guide.type('kubectl get pods -l="app=cassandra"');
    guide.seen("the adopted pod, and one with a random name", () =>
      assert.match(pods, /^cassandra +1\/1 .*\ncassandra-[a-z0-9]{5} +1\/1 /m),
    );
    await guide.seesMembers(2, "cassandra");
    await guide.readsEmployeesThroughEveryPod();

    guide.config(adopted(1));
    await guide.pulumi("up");
    guide.note(
      "In the document the pod that went stays listed as DN. Here it hands its rows over and leaves the ring.",
    );
    const [pod] = await guide.pods();
    await guide.seesMembers(1, pod);
    await guide.readsEmployeesThroughEveryPod();
  });

  step("cqlsh through the Service's address and through its name", async (guide) => {
    const [pod] = await guide.pods();
    const address = (
      await guide.type("kubectl get service cassandra-client -o jsonpath='{.spec.clusterIP}{\"\\n\"}'")
    ).trim();
    for (const host of [address, "cassandra-client.default.svc.cluster.local"]) {
      const said = await guide.type(`kubectl exec ${pod} -- cqlsh ${host} -e "SHOW HOST"`);
      guide.seen(`connected to ${host}`, () => assert.ok(said.includes(`Connected to K8Demo at ${host}:9042`), said));
    }
  });

  step("Clean up", async (guide) => {
    await guide.pulumi("destroy");
    await guide.until("no pod is left", async () => (await guide.pods()).length === 0);
  });
});
