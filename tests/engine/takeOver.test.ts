import * as assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Lab } from "../../lab/src/lab";
import { RunError } from "../../lab/src/run";
import { copyProgram } from "../support/programs";
import { inSimulatedLab, smallMembers, Stack } from "../support/stack";
import { Resource, upsert } from "./flags/ways";

const minutes = 60_000;
const ring = { ...smallMembers, replicas: 2, storage: "minikube-hostpath", volumeRetention: "delete" };

interface State {
  deployment: { resources: (Resource & { outputs?: object })[] };
}

describe("objects that exist, with a provider that takes them over, on simulated nodes", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;

  inSimulatedLab("taken", async (made) => {
    ({ lab, stack } = made);
    stack.configure({ ...ring, ...upsert });
    await stack.up();
  });

  /** The state, after an edit of it. */
  async function state(edit: (state: State) => void = () => undefined): Promise<State> {
    const file = join(lab.dir, "taken.json");
    await stack.pulumi("stack", "export", "--file", file);
    const found = JSON.parse(readFileSync(file, "utf8")) as State;
    edit(found);
    writeFileSync(file, JSON.stringify(found));
    await stack.pulumi("stack", "import", "--file", file);
    return found;
  }

  const setIn = ({ deployment }: State) =>
    deployment.resources.find(({ urn }) => urn.endsWith("StatefulSet::cassandra"))!;

  it("are not replaced by themselves, whatever the state remembers", async () => {
    const before = await stack.uids();
    // As after a first update that was cut off while it waited for a pod.
    const set = setIn(
      await state(({ deployment }) => {
        for (const one of deployment.resources) if (one.type === "cassandra:index:WorkloadMemory") one.outputs = {};
      }),
    );
    const refusal = [
      "StatefulSet default/cassandra is not replaced by itself: the provider would take it over, and then delete it",
    ];
    await stack.refusedWith(refusal, "preview", "--replace", set.urn);
    await stack.refusedWith(refusal, "up", "--yes", "--skip-preview", "--replace", set.urn);
    await stack.pulumi("state", "taint", set.urn, "--yes");
    await stack.refusedWith(refusal, "up", "--yes", "--skip-preview");
    await stack.pulumi("state", "untaint", set.urn, "--yes");
    await stack.up();
    assert.deepEqual(await stack.uids(), before);
    const service = "Service default/cassandra is not replaced by itself";
    const { urn } = (await state()).deployment.resources.find(({ urn }) => urn.endsWith("v1:Service::cassandra"))!;
    await stack.refusedWith([service], "up", "--yes", "--skip-preview", "--replace", urn);
    assert.deepEqual(await stack.uids(), before);
    await stack.up("--expect-no-changes");
  });

  it("@all stay the same objects where the cluster has another address, however often the update is tried", async () => {
    const config = JSON.parse(await lab.kubectl(["config", "view", "--raw", "--minify", "-o", "json"])) as {
      clusters: { cluster: { server: string } }[];
    };
    const at = () => stack.configure({ ...ring, ...upsert, "kubernetes:kubeconfig": JSON.stringify(config) });
    const before = await stack.uids();
    at();
    await stack.up();
    const { cluster } = config.clusters[0];
    // The same to whoever connects, and not the same text.
    cluster.server = cluster.server.replace(/:(\d+)$/, ":0$1");
    at();
    await stack.refusedWith(
      ["is not replaced by itself", "remove kubernetes:kubeconfig from the config"],
      "up",
      "--yes",
      "--skip-preview",
    );
    assert.deepEqual(await stack.uids(), before);
    for (let i = 0; i < 2; i++) {
      await stack.pulumi("up", "--yes", "--skip-preview").catch((error: Error) => {
        assert.ok(error.message.includes("is not replaced by itself"), error.message);
      });
      assert.deepEqual(await stack.uids(), before);
    }
    stack.configure({ ...ring, ...upsert });
    await stack.up();
    assert.deepEqual(await stack.uids(), before);
  });

  it("@all are not replaced where somebody has recreated a StatefulSet around its pods, before a refresh and after it", async () => {
    const pods = await stack.uids();
    const set = await lab.kubectl(["get", "statefulset", "cassandra", "-o", "json"]);
    await lab.kubectl(["delete", "statefulset", "cassandra", "--cascade=orphan"]);
    await lab.kubectl(["create", "-f", "-"], { input: set });
    const { urn } = setIn(await state());
    const refusal = ["StatefulSet default/cassandra is not replaced by itself"];
    await stack.refusedWith(refusal, "up", "--yes", "--skip-preview", "--replace", urn);
    await stack.pulumi("refresh", "--yes", "--skip-preview");
    await stack.refusedWith(refusal, "up", "--yes", "--skip-preview", "--replace", urn);
    const isOther = (line: string) => !line.startsWith("StatefulSet/");
    assert.deepEqual((await stack.uids()).filter(isOther), pods.filter(isOther));
    await stack.up();
    await stack.up("--expect-no-changes");
  });

  it("@all are not replaced by those of a component with another name in a program of one's own", async () => {
    const program = copyProgram(lab, "alone");
    const pulumi = (env: Record<string, string>, ...args: string[]) =>
      lab.pulumi(["-C", program, ...args, "--stack", "alone", "--non-interactive"], { env: { ...lab.env, ...env } });
    const refused = async (env: Record<string, string>, refusal: RegExp) => {
      for (const command of [["preview"], ["up", "--yes", "--skip-preview"]])
        await assert.rejects(pulumi(env, ...command), ({ stdout }: RunError) => {
          assert.match(stdout, refusal);
          return true;
        });
    };
    await lab.pulumi(["-C", program, "stack", "init", "alone", "--non-interactive"]);
    await pulumi({}, "config", "set", "kubernetes:upsertExistingObjects", "true");
    await pulumi({}, "up", "--yes", "--skip-preview");
    const before = await stack.uids("app.kubernetes.io/instance=alone");
    const logicalName = "other";
    await refused(
      { logicalName },
      /StatefulSet alone is in the state of this stack as urn:\S+StatefulSet::alone, and this update would delete it with its pods/,
    );
    await refused(
      { logicalName, takesOver: "yes" },
      /Service default\/alone is not replaced by itself: .*The state holds it as urn:\S+Service::alone: /,
    );
    assert.deepEqual(await stack.uids("app.kubernetes.io/instance=alone"), before);
    await pulumi({}, "up", "--yes", "--skip-preview");
    assert.deepEqual(await stack.uids("app.kubernetes.io/instance=alone"), before);
    await pulumi({}, "destroy", "--yes", "--skip-preview");
  });

  it("@all are not taken from another stack: not its StorageClass either", async () => {
    const before = await stack.uids();
    const second = await Stack.of(lab, "second");
    second.configure({ ...ring, ...upsert, persistent: { name: "second" }, clusterName: "Second" });
    const refusal = ["and is that of stack cassandra/taken; allowed is another name, or cassandra:storage: existing"];
    await second.refusedWith(refusal, "preview");
    await second.refusedWith(refusal, "up", "--yes", "--skip-preview");
    await second.pulumi("destroy", "--yes", "--skip-preview");
    assert.deepEqual(await stack.uids(), before);
  });
});
