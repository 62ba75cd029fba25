import * as assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readKubeconfig } from "../../components/kubeconfig";
import { Lab } from "../../lab/src/lab";
import { inLab, smallMembers, Stack } from "../stack";

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

  /** All objects of the ring, each as the one that it is. */
  const uids = async () =>
    (
      await lab.kubectl([
        "get",
        "statefulsets,services,configmaps,secrets,serviceaccounts,roles,rolebindings,pdb,networkpolicies,pods,pvc,storageclasses",
        "-l",
        "app=cassandra",
        "-o",
        'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.uid}{"\\n"}{end}',
      ])
    )
      .split("\n")
      .sort();

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

  /** A kubeconfig with both clusters, whose current context is the first one's. */
  async function both(first: Lab, second: Lab): Promise<string> {
    type Config = Record<"clusters" | "contexts" | "users", { name: string }[]> & { "current-context": string };
    const [one, two] = (await Promise.all([contents(first), contents(second)])).map(
      (text) => JSON.parse(text) as Config,
    );
    const merged = { ...one };
    for (const list of ["clusters", "contexts", "users"] as const) merged[list] = [...one[list], ...two[list]];
    return JSON.stringify(merged);
  }

  it("is the one that kubectl, which is made as the provider is, would go to, whatever says which", async () => {
    const [mine, theirs] = ["mine", "theirs"].map((file) => join(folder(), file));
    const merged = join(folder(), "both");
    writeFileSync(merged, await both(other, lab));
    const nothing = join(folder(), "nothing");
    const none = { ...lab.env, KUBECONFIG: "", HOME: folder() };
    mkdirSync(join(folder(), ".kube"), { recursive: true });
    cpSync(theirs, join(folder(), ".kube", "config"));
    const ways: [NodeJS.ProcessEnv, Parameters<typeof readKubeconfig>[0], string[]][] = [
      [{ KUBECONFIG: mine }, {}, []],
      [{ KUBECONFIG: `${mine}:${theirs}` }, {}, []],
      [{ KUBECONFIG: `${theirs}:${mine}` }, {}, []],
      [{ KUBECONFIG: `${nothing}:${theirs}:${mine}` }, {}, []],
      [{ KUBECONFIG: `${theirs}:${mine}` }, { context: lab.instance.context }, ["--context", lab.instance.context]],
      [{ KUBECONFIG: merged }, {}, []],
      [{ KUBECONFIG: merged }, { context: lab.instance.context }, ["--context", lab.instance.context]],
      [{ KUBECONFIG: merged }, { cluster: lab.instance.context }, ["--cluster", lab.instance.context]],
      [{}, { kubeconfig: "~/.kube/config" }, []],
      [{}, {}, []],
      [{ KUBECONFIG: theirs }, { kubeconfig: mine }, ["--kubeconfig", mine]],
    ];
    for (const [given, choice, args] of ways) {
      const env = { ...none, ...given };
      // What it asks for says where it goes; whether it is let in there is another question.
      const { stderr } = spawnSync("kubectl", ["get", "--raw", "/version", "-v=6", ...args], { env, encoding: "utf8" });
      const [server] = /https:\/\/[\d.:]+/.exec(stderr) ?? [];
      const said = execFileSync("kubectl", ["config", "view", "--minify", "-o", "json", ...args], { env });
      const expected = JSON.parse(said.toString()) as { contexts: { context: { user: string } }[] };
      const before = { ...process.env };
      Object.assign(process.env, { KUBECONFIG: "", HOME: folder(), ...given });
      try {
        const config = await readKubeconfig(choice);
        const what = JSON.stringify([given, choice]);
        assert.equal(config.getCurrentCluster()!.server, server, what);
        assert.equal(config.getCurrentUser()!.name, expected.contexts[0].context.user, what);
      } finally {
        process.env = before;
      }
    }
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

  it("is remembered: a stack that would go to another one is refused, in preview as well, and touches neither", async () => {
    const before = [await objects(lab), await objects(other)];
    stack.configure({ ...ring, "kubernetes:kubeconfig": await contents(other) });
    const refusal = [
      "this stack has its objects in the cluster whose namespace kube-system has UID",
      "acts on another one now",
    ];
    await stack.refusedWith(refusal, "preview");
    await stack.refusedWith(refusal, "up", "--yes", "--skip-preview");
    await stack.refusedWith(refusal, "up", "--yes", "--skip-preview", "--continue-on-error");
    assert.deepEqual([await objects(lab), await objects(other)], before);
    stack.configure(ring);
    await stack.up("--expect-no-changes");
  });

  it("@all may have got another address, which the provider takes for another cluster: refused, with a way out", async () => {
    const config = JSON.parse(await contents(lab)) as { clusters: { cluster: { server: string } }[] };
    const at = (kubeconfig: object) =>
      stack.configure({ ...ring, "kubernetes:kubeconfig": JSON.stringify(kubeconfig) });
    const before = await uids();
    at(config);
    await stack.up();
    const { cluster } = config.clusters[0];
    // The same to whoever connects, and not the same text.
    cluster.server = cluster.server.replace(/:(\d+)$/, ":0$1");
    at(config);
    const refusal = ["If the cluster has got another address, take kubernetes:kubeconfig out of the config"];
    // A preview asks nothing of a provider that is yet to be made.
    for (const more of [[], ["--continue-on-error"]])
      await stack.refusedWith(refusal, "up", "--yes", "--skip-preview", ...more);
    assert.deepEqual(await uids(), before);

    stack.configure(ring);
    const file = join(folder(), "moved");
    writeFileSync(file, JSON.stringify(config));
    await lab.pulumi(["up", "--yes", "--skip-preview", "--stack", stack.name, "--non-interactive"], {
      env: { ...lab.env, KUBECONFIG: file },
    });
    at(config);
    await stack.up();
    assert.deepEqual(await uids(), before);
    stack.configure(ring);
    await stack.up();
    assert.deepEqual(await uids(), before);
  });

  it("is the provider's own: a program that names another one beside it is refused", async () => {
    const program = join(lab.dir, "two");
    cpSync(join(__dirname, "twoClusters"), program, { recursive: true });
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
});
