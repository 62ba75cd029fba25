import * as assert from "node:assert/strict";
import { Resolver } from "node:dns/promises";
import { Guide } from "./guide";
import { walkthrough } from "./walkthrough";

const stack = { topologies: ["cockroachdb"], replicas: 3, storage: "minikube-hostpath", storageClassName: "fast" };

const get = async <T>(guide: Guide, ...args: string[]) =>
  JSON.parse(await guide.lab.kubectl(["get", ...args, "-o", "json"])) as T;
interface Pod {
  spec: { containers: { command: string[]; readinessProbe: object; ports: { containerPort: number }[] }[] };
}

/** The third document: CockroachDB on minikube. Its image cannot be had everywhere, so its nodes' pods are simulated here. */
export default walkthrough("Orchestrate CockroachDB on minikube", { simulatedNodes: 3 }, (step) => {
  const real = "node1 node2 node3";

  step("1. A cluster", async (guide) => {
    guide.today(
      "where CockroachDB's image cannot be had, pods go to simulated nodes, which run nothing: they are only ready",
    );
    await guide.type(`kubectl cordon ${real}`);
    const nodes = await guide.type("kubectl get nodes");
    guide.seen("three nodes to schedule on", () => assert.equal(nodes.match(/^simulated\d +Ready /gm)?.length, 3));
  });

  step("2. Start three nodes of CockroachDB", async (guide) => {
    guide.config(stack);
    await guide.pulumi("up");
    const pods = await guide.type("kubectl get pods");
    guide.seen("three pods", () => {
      for (const i of [0, 1, 2]) assert.match(pods, new RegExp(`^cockroachdb-${i} +1/1 +Running`, "m"));
    });
    const volumes = await guide.type("kubectl get pvc,pv");
    guide.seen("a volume for each", () =>
      assert.equal(volumes.match(/claim\/datadir-cockroachdb-\d +Bound/g)?.length, 3),
    );
    const services = await guide.type("kubectl get services -l app=cockroachdb");
    guide.seen("a headless Service and a public one", () => {
      assert.match(services, /^cockroachdb +ClusterIP +None .*26257\/TCP,8080\/TCP/m);
      assert.match(services, /^cockroachdb-public +ClusterIP +10\.\S+ .*26257\/TCP,8080\/TCP/m);
    });
  });

  step("What would run in them", async (guide) => {
    const { spec } = await get<Pod>(guide, "pod", "cockroachdb-0");
    const [{ command, readinessProbe, ports }] = spec.containers;
    guide.note(command.join(" "));
    const [join] = command.filter((argument) => argument.startsWith("--join="));
    guide.seen("insecure, as on minikube; joined at the first three; ready by its own word", () => {
      assert.ok(command.includes("--insecure"));
      assert.equal(join.split(",").length, 3);
      assert.match(JSON.stringify(readinessProbe), /"path":"\/health\?ready=1"/);
      assert.deepEqual(
        ports.map(({ containerPort }) => containerPort),
        [26257, 8080],
      );
    });
    const [server] = JSON.parse(
      await guide.lab.kubectl([
        "get",
        "endpointslice",
        "-n",
        "kube-system",
        "kube-dns",
        "-o",
        "jsonpath={.endpoints[0].addresses}",
      ]),
    ) as string[];
    const resolver = new Resolver();
    resolver.setServers([server]);
    for (const host of join.replace("--join=", "").split(",")) {
      const name = host.replace(/:\d+$/, "");
      // As the first of the search domains in a pod of this namespace has it.
      const [address] = await resolver.resolve4(`${name}.default.svc.cluster.local`);
      const pod = await guide.lab.kubectl(["get", "pod", name.split(".")[0], "-o", "jsonpath={.status.podIP}"]);
      guide.seen(`${name} is ${address}`, () => assert.equal(address, pod));
    }
  });

  step("3. Initialise the cluster, once or as often as one likes", async (guide) => {
    const jobs = await guide.type("kubectl get job -l app=cockroachdb");
    guide.seen("the one-time job has run", () => assert.match(jobs, /Complete +1\/1/));
    await guide.type("kubectl delete job -l app=cockroachdb");
    await guide.pulumi("refresh");
    await guide.pulumi("up");
    const again = await guide.type("kubectl get job -l app=cockroachdb");
    guide.seen("it ran again", () => assert.match(again, /Complete +1\/1/));
  });

  step("4. A pod for the SQL client, and a load generator", async (guide) => {
    guide.today("cockroachdb/loadgen-kv is now the `workload` command of the same image");
    guide.config({ ...stack, cockroachdb: { sqlClient: true, loadGenerator: true } });
    await guide.pulumi("up");
    const pods = await guide.type("kubectl get pods -l app=cockroachdb");
    guide.seen("both run beside the nodes", () => {
      assert.match(pods, /^cockroachdb-client +1\/1 +Running/m);
      assert.match(pods, /^cockroachdb-load-\S+ +1\/1 +Running/m);
    });
    guide.note(
      "With the image: kubectl exec -it cockroachdb-client -- /cockroach/cockroach sql --insecure --host=cockroachdb-public",
    );
    guide.note("CREATE DATABASE bank; CREATE TABLE bank.accounts (id INT PRIMARY KEY, balance DECIMAL);");
    guide.note("INSERT INTO bank.accounts VALUES (1, 1000.50); SELECT * FROM bank.accounts;");
  });

  step("5. Monitor", async (guide) => {
    const usage = JSON.parse(await guide.type("pulumi stack output --json usage")) as Record<
      string,
      { adminUi: string }
    >;
    guide.seen("the command that opens the admin UI", () =>
      assert.equal(usage.cockroachdb.adminUi, "kubectl port-forward -n default cockroachdb-0 8080"),
    );
  });

  step("6. Simulate node failure", async (guide) => {
    const uid = () => guide.lab.kubectl(["get", "pod", "cockroachdb-2", "-o", "jsonpath={.metadata.uid}"]);
    const claim = () => guide.lab.kubectl(["get", "pvc", "datadir-cockroachdb-2", "-o", "jsonpath={.spec.volumeName}"]);
    const [before, volume] = [await uid(), await claim()];
    await guide.type("kubectl delete pod cockroachdb-2 --wait=false");
    await guide.until("another pod stands in its place, and is ready", async () => {
      const ready = await guide.servingPods("app=cockroachdb");
      return ready.includes("cockroachdb-2") && (await uid()) !== before;
    });
    const found = await claim();
    guide.seen("on the volume of the first", () => assert.equal(found, volume));

    await guide.type("kubectl cordon simulated1 simulated2 simulated3");
    const evict = (pod: string) =>
      `kubectl create --raw /api/v1/namespaces/default/pods/${pod}/eviction -f - <<< ` +
      `'{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "${pod}"}}' 2>&1 || true`;
    const first = await guide.type(evict("cockroachdb-0"));
    guide.seen("one node may be evicted", () => assert.match(first, /"status":"Success"/));
    const second = await guide.type(evict("cockroachdb-1"));
    guide.seen("a second one may not while the first is away", () =>
      assert.match(second, /Cannot evict pod as it would violate the pod's disruption budget/),
    );
    await guide.type("kubectl uncordon simulated1 simulated2 simulated3");
    await guide.until("all three are ready", async () => {
      const ready = await guide.servingPods("app.kubernetes.io/component=persistent");
      return ready.length === 3;
    });
  });

  step("7. Scale the cluster: three nodes to four, and not back without moving their data", async (guide) => {
    guide.config({ ...stack, replicas: 4 });
    await guide.pulumi("up");
    const pods = await guide.type("kubectl get pods -l app.kubernetes.io/component=persistent");
    guide.seen("cockroachdb-3 was added", () => assert.match(pods, /^cockroachdb-3 +1\/1 +Running/m));
    const { spec } = await get<Pod>(guide, "pod", "cockroachdb-3");
    guide.seen("the others were not restarted for it: it joins at the same three", () =>
      assert.equal(spec.containers[0].command.find((argument) => argument.startsWith("--join="))?.split(",").length, 3),
    );
    guide.config(stack);
    const why = await guide.refused();
    guide.seen("scaling down is refused, with what to do by hand", () =>
      assert.match(why, /node decommission ID --insecure/),
    );
    await guide.type("kubectl scale statefulset cockroachdb --replicas=3");
    await guide.until(
      "three are left",
      async () => (await guide.pods("app.kubernetes.io/component=persistent")).length === 3,
    );
    await guide.pulumi("refresh");
    const done = await guide.pulumi("up");
    guide.seen("then the edit passes", () => assert.doesNotMatch(done, /error/));
  });

  step("8. Stop the cluster: the volumes stay until they are deleted", async (guide) => {
    await guide.pulumi("destroy");
    const left = await guide.type("kubectl get pvc");
    guide.seen("the data stays", () => assert.equal(left.match(/Bound/g)?.length, 4));
    await guide.type("kubectl delete pvc -l app=cockroachdb");
    await guide.until(
      "the volumes are gone with their claims",
      async () => (await guide.lab.kubectl(["get", "pv", "-o", "name"])) === "",
    );
    await guide.type(`kubectl uncordon ${real}`);
  });
});
