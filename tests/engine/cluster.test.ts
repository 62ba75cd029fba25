import * as assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../lab/src/instance";
import { Lab } from "../../lab/src/lab";
import { RunError } from "../../lab/src/run";
import { copyProgram } from "../support/programs";
import { inLab, smallMembers, Stack } from "../support/stack";

const minutes = 60_000;
const ring = { ...smallMembers, replicas: 2, storage: "minikube-hostpath" };

describe("the very cluster, on the real engine, with two clusters of simulated nodes", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let other: Lab;
  let stack: Stack;
  const folder = () => join(lab.dir, "kubeconfigs");
  const contents = (of: Lab) => of.kubectl(["config", "view", "--raw", "--minify", "-o", "json"]);
  const objects = async (of: Lab) =>
    (await of.kubectl(["get", "all,pvc,storageclass,configmap", "-A", "-o", "name"])).trim();

  inLab({ name: "other", simulated: true, nodes: 1 }, (made) => {
    other = made;
  });
  inLab({ name: "preview", simulated: true }, async (made) => {
    lab = made;
    stack = await Stack.of(lab, "cluster");
    stack.configure(ring);
    await stack.up();
    mkdirSync(folder(), { recursive: true });
    for (const [file, of] of Object.entries({ mine: lab, theirs: other }))
      writeFileSync(join(folder(), file), await contents(of));
  });

  it("@all is looked at by the guards where the provider acts on it, for several files and for contents", async () => {
    const [mine, theirs] = ["mine", "theirs"].map((file) => join(folder(), file));
    const up = (KUBECONFIG: string) =>
      lab.pulumi(["up", "--yes", "--skip-preview", "--expect-no-changes", "--stack", stack.name, "--non-interactive"], {
        env: { ...lab.env, KUBECONFIG },
      });
    await up(mine);
    await up(`${mine}:${theirs}`);
    stack.configure({ ...ring, "kubernetes:context": lab.instance.context });
    await up(`${theirs}:${mine}`);
    stack.configure(ring);
    await up(mine);
  });

  it("gives a stack the namespace of its context, unless the stack or the provider is told one", async () => {
    const config = JSON.parse(await contents(lab)) as { contexts: { context: { namespace?: string } }[] };
    config.contexts[0].context.namespace = "shop";
    const file = join(folder(), "shop");
    writeFileSync(file, JSON.stringify(config));
    const second = await Stack.of(lab, "shop");
    /** The namespace that a preview would make. */
    const namespaceWith = async (settings: object) => {
      second.configure({ ...ring, clusterName: "Shop", createNamespace: true, ...settings });
      const printed = await lab.pulumi(["preview", "--diff", "--stack", second.name, "--non-interactive"], {
        env: { ...lab.env, KUBECONFIG: file },
      });
      return /NamespacePatch:[^]*? name *: "([^"]+)"/.exec(printed)?.[1];
    };
    assert.equal(await namespaceWith({}), "shop");
    assert.equal(await namespaceWith({ "kubernetes:namespace": "theirs" }), "theirs");
    assert.equal(await namespaceWith({ "kubernetes:namespace": "theirs", namespace: "mine" }), "mine");
  });

  it("is remembered: preview and update refuse to go to another cluster, and touch neither", async () => {
    const before = [await objects(lab), await objects(other)];
    stack.configure({ ...ring, "kubernetes:kubeconfig": await contents(other) });
    const refusal = [
      "this stack has its objects in the cluster whose namespace kube-system has UID",
      "acts on another one now",
    ];
    await stack.refusedWith(refusal, "preview");
    await stack.refusedWith(refusal, "up", "--yes", "--skip-preview");
    await stack.refusedWith(refusal, "up", "--yes", "--skip-preview", "--continue-on-error");
    // What is in one cluster is not in the other, whatever may be lost.
    stack.configure({ ...ring, acceptDataLoss: "true", "kubernetes:kubeconfig": await contents(other) });
    await stack.refusedWith(refusal, "up", "--yes", "--skip-preview");
    assert.deepEqual([await objects(lab), await objects(other)], before);
    stack.configure(ring);
    await stack.up("--expect-no-changes");
  });

  it("@all may have got another address, which the provider takes for another cluster: refused, with a way out", async () => {
    const config = JSON.parse(await contents(lab)) as { clusters: { cluster: { server: string } }[] };
    const at = (kubeconfig: object) =>
      stack.configure({ ...ring, "kubernetes:kubeconfig": JSON.stringify(kubeconfig) });
    const before = await stack.uids();
    at(config);
    await stack.up();
    const { cluster } = config.clusters[0];
    // The same to whoever connects, and not the same text.
    cluster.server = cluster.server.replace(/:(\d+)$/, ":0$1");
    at(config);
    const refusal = ["If the Kubernetes cluster has a new address, remove kubernetes:kubeconfig from the config"];
    // A preview asks nothing of a provider that is yet to be made.
    await stack.refusedWith(refusal, "up", "--yes", "--skip-preview");
    assert.deepEqual(await stack.uids(), before);
    // The engine may have replaced the provider in the state by then. The next update then finds nothing to replace, in the same cluster.
    await stack.pulumi("up", "--yes", "--skip-preview", "--continue-on-error").catch((error: Error) => {
      assert.ok(error.message.includes(refusal[0]), error.message);
    });
    assert.deepEqual(await stack.uids(), before);

    stack.configure(ring);
    const file = join(folder(), "moved");
    writeFileSync(file, JSON.stringify(config));
    await lab.pulumi(["up", "--yes", "--skip-preview", "--stack", stack.name, "--non-interactive"], {
      env: { ...lab.env, KUBECONFIG: file },
    });
    at(config);
    await stack.up();
    assert.deepEqual(await stack.uids(), before);
    stack.configure(ring);
    await stack.up();
    assert.deepEqual(await stack.uids(), before);
  });

  it("@all is found again after a move that was refused, and no advice leads to a deleted object", async () => {
    const at = async (of: Lab) => stack.configure({ ...ring, "kubernetes:kubeconfig": await contents(of) });
    const before = await stack.uids();
    await at(lab);
    await stack.up();
    await at(other);
    await stack.refusedWith(["this stack has its objects in the cluster"], "up", "--yes", "--skip-preview");
    await at(lab);
    // The engine has replaced the provider in the state, and so may want to replace each object once more.
    await stack.pulumi("up", "--yes", "--skip-preview").catch((error: Error) => {
      assert.match(error.message, /is not replaced/);
      assert.doesNotMatch(error.message, /upsertExistingObjects/);
    });
    await stack.up();
    await stack.up("--expect-no-changes");
    assert.deepEqual(await stack.uids(), before);
    stack.configure(ring);
    await stack.up();
    assert.deepEqual(await stack.uids(), before);
  });

  it("is the provider's own: a program whose `cluster` is another one is refused", async () => {
    const program = copyProgram(lab, "twoClusters", "two");
    const pulumi = (...args: string[]) => lab.pulumi(["-C", program, ...args, "--stack", "two", "--non-interactive"]);
    await lab.pulumi(["-C", program, "stack", "init", "two", "--non-interactive"]);
    await pulumi("config", "set", "theirs", join(folder(), "theirs"));
    await pulumi("config", "set", "guarded", join(folder(), "mine"));
    const before = [await objects(lab), await objects(other)];
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      await assert.rejects(pulumi(...command), (error: Error & { stdout?: string }) => {
        assert.match(
          error.stdout ?? "",
          /the kubernetes provider acts on the cluster whose namespace kube-system has UID/,
        );
        return true;
      });
    }
    assert.deepEqual([await objects(lab), await objects(other)], before);
    await pulumi("config", "set", "guarded", join(folder(), "theirs"));
    await pulumi("up", "--yes", "--skip-preview");
    assert.equal(await objects(lab), before[0]);
    await pulumi("destroy", "--yes", "--skip-preview");
  });

  it("may be another one once the state is deleted: the ring is made there, and the objects in the first cluster stay", async () => {
    const before = await objects(lab);
    const theirs = await objects(other);
    stack.configure({ ...ring, "kubernetes:kubeconfig": await contents(other) });
    await stack.pulumi("state", "delete", "--all", "--yes");
    await stack.up();
    assert.equal(await objects(lab), before);
    const made = await objects(other);
    for (const name of ["statefulset.apps/cassandra", "pod/cassandra-1", "service/cassandra-client"]) {
      assert.ok(!theirs.includes(name), name);
      assert.ok(made.includes(name), name);
    }
  });

  describe("the cluster with which the policies compare", () => {
    const files = () => ({ mine: join(folder(), "mine"), theirs: join(folder(), "theirs") });
    const both = ["one-change-at-a-time", "storage-stays"];
    let program: string;

    const pulumi = (KUBECONFIG: string, ...args: string[]) =>
      lab.pulumi(["-C", program, ...args, "--stack", "careless", "--non-interactive"], {
        env: { ...lab.env, KUBECONFIG },
      });
    /** The rules that compare with the live StatefulSet, as far as the preview violates them. */
    const compared = async (KUBECONFIG: string) => {
      const preview = pulumi(KUBECONFIG, "preview", "--policy-pack", join(repository, "policies"));
      const said = await preview.catch((error: RunError) => error.stdout);
      assert.match(said, /private-services/, "the policies were asked");
      assert.doesNotMatch(said, /cluster-seen/);
      return [...said.matchAll(/\[mandatory\] +(one-change-at-a-time|storage-stays) /g)].map(([, name]) => name).sort();
    };

    before(async () => {
      program = copyProgram(lab, "careless");
      // The policies see what stack `made` has made. Stack `careless`, whose preview they check, has made nothing.
      await lab.pulumi(["-C", program, "stack", "init", "made", "--non-interactive"]);
      await lab.pulumi(["-C", program, "up", "--yes", "--skip-preview", "--stack", "made", "--non-interactive"]);
      await lab.pulumi(["-C", program, "stack", "init", "careless", "--non-interactive"]);
      await pulumi(files().mine, "config", "set", "--secret", "careless:later", "true");
    });

    after(() =>
      lab.pulumi(["-C", program, "destroy", "--yes", "--skip-preview", "--stack", "made", "--non-interactive"]),
    );

    for (const key of ["kubernetes:kubeconfig", "careless:kubeconfig"]) {
      it(`${key === "kubernetes:kubeconfig" ? "" : "@all "}is the stack's own in ${key}, whatever KUBECONFIG says`, async () => {
        const { mine, theirs } = files();
        const set = (value: string) => pulumi(mine, "config", "set", "--secret", key, value);
        await set(await contents(lab));
        assert.deepEqual(await compared(theirs), both, "contents, a secret");
        await set(theirs);
        assert.deepEqual(await compared(mine), [], "a path");
        await pulumi(mine, "config", "rm", key);
      });
    }
  });
});
