import * as assert from "node:assert/strict";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../lab/src/instance";
import { Lab } from "../../lab/src/lab";
import { certify, inSimulatedLab, nameOf, Pod, Stack } from "../support/stack";
import { baseOf, dependOnRetention, Edit, edits, persistent, Settings } from "./flags/edits";
import { Resource, upsert, Way, ways } from "./flags/ways";

const minutes = 60_000;

/** Cases that `npm test` runs, one of each kind. `npm run test:all` runs the whole table. */
const some = [
  ["a larger volumeSize", "--target"],
  ["nothing else", "--target, another ring not in the state"],
  ["fewer topologies", "--exclude the guard"],
  ["another selector", "no flag"],
  ["an explicit provider", "no flag"],
  ["CockroachDB, more memory once somebody has added a node", "no flag"],
  ["the pod's image set by hand", "--refresh"],
  ["nothing else", "state taint, upsertExistingObjects"],
  ["clientCertificates: required", "--replace, upsertExistingObjects"],
  ["nothing else", "--target-replace the pod's budget"],
];

for (const [title, officialPlugin, volumeRetention] of [
  ["the stand-in", false, "delete"],
  ["@all the stand-in, and volumes that are kept", false, "retain"],
  ["@all the official plugin, built from its source", true, "delete"],
  ["@all the official plugin, built from its source, and volumes that are kept", true, "retain"],
] as const) {
  describe(`no flag or state command of Pulumi bypasses a guard, with ${title}`, function () {
    this.timeout(20 * minutes);
    let lab: Lab;
    let stack: Stack;
    let n = 0;
    /** Settings of the last update that was not refused. */
    let accepted = baseOf(volumeRetention);

    inSimulatedLab(
      "flags",
      async (made) => {
        ({ lab, stack } = made);
        for (const file of ["Pulumi.yaml", "tsconfig.json", "tsconfig.pulumi.json"])
          cpSync(join(repository, file), join(lab.dir, "transformed", file));
        cpSync(join(__dirname, "transformed"), join(lab.dir, "transformed"), { recursive: true });
        const [key, crt] = ["tls.key", "tls.crt"].map((file) => join(lab.dir, file));
        await certify("-subj", "/CN=ring", "-keyout", key, "-out", crt);
        const files = { "tls.key": key, "tls.crt": crt, "ca.crt": crt };
        const data = Object.entries(files).map(([name, file]) => `--from-file=${name}=${file}`);
        await lab.kubectl(["create", "secret", "generic", "cassandra-tls", ...data]);
        stack.configure(accepted);
        await stack.up();
      },
      { officialPlugin },
    );

    /** UIDs of all pods that hold data, and of all claims. @param restarts whether pods count by name instead */
    async function uids(restarts = false): Promise<string[]> {
      const { items } = await stack.get<{ items: (Pod & { kind: string })[] }>("pods,pvc", "-A");
      return items
        .filter((item) => !nameOf(item).includes("-init-"))
        .map(({ kind, metadata: { namespace, name, uid } }) => {
          const isSame = restarts && kind === "Pod";
          return `${kind} ${namespace}/${name}${isSame ? "" : ` ${uid}`}`;
        })
        .sort();
    }

    /** Runs a pulumi command on the stack, by the program of the repository or by the one that transforms it. */
    function pulumi(args: string[], transforms?: Record<string, string>): Promise<string> {
      if (!transforms) return stack.pulumi(...args);
      return stack.pulumiIn(join(lab.dir, "transformed"), transforms, ...args);
    }

    const up = (args: string[], transforms?: Record<string, string>) =>
      pulumi(["up", "--yes", "--skip-preview", ...args], transforms);

    /** Saves the state. @returns what is in it */
    async function saved(file: string): Promise<Resource[]> {
      await stack.pulumi("stack", "export", "--file", file);
      const state = JSON.parse(readFileSync(file, "utf8")) as { deployment: { resources: Resource[] } };
      return state.deployment.resources;
    }

    /** UIDs of the StatefulSets, which a growth of volumes makes anew around their pods. */
    const setUids = () => lab.kubectl(["get", "statefulsets", "-A", "-o", "jsonpath={.items[*].metadata.uid}"]);

    /** Puts back a state and settings, and makes the state know the StatefulSets that an edit has made anew before it was refused. */
    async function putBack(state: string, wanted: Settings, setsBefore: string): Promise<void> {
      await stack.pulumi("stack", "import", "--file", state);
      stack.configure(accepted);
      if ((await setUids()) === setsBefore) return;
      // Volumes that have grown never shrink, so that the rest of the edit is made.
      accepted = wanted;
      // The edit may also have made objects that the state does not have now.
      stack.configure({ ...accepted, ...upsert });
      await stack.pulumi("refresh", "--yes", "--skip-preview");
      await up([]);
      stack.configure(accepted);
    }

    /** Makes an edit in one way. @returns pods and claims that the edit cost, and the message if it was refused */
    async function outcome(edit: Edit, way: Way, end: string): Promise<{ lost: string[]; refusal?: string }> {
      const { byHand = [], takenBack = [], transforms, transformsBefore } = edit;
      const wanted = { ...accepted, ...edit.settings?.(n++, accepted) };
      const kept = join(lab.dir, "flags.json");
      const before = await saved(kept);
      const sets = await setUids();
      let lasts = false;
      try {
        if (transformsBefore) {
          // An edit that was refused in part may have left an object that the state has forgotten.
          stack.configure({ ...accepted, ...upsert });
          await up([], transformsBefore);
        }
        const resources = transformsBefore ? await saved(join(lab.dir, "flags-before.json")) : before;
        const found = (ending: string) => resources.find(({ urn }) => urn.endsWith(ending))!;
        const subjects = {
          workload: found(end),
          guard: found("DataGuard::cassandra").urn,
          cluster: found("KubernetesCluster::cassandra").urn,
          pod: found("SinglePod::cassandra-pod").urn,
          budget: found("PodDisruptionBudget::cassandra-pod-alone").urn,
          service: found("PersistentCluster$cassandra:index:CassandraService$kubernetes:core/v1:Service::cassandra")
            .urn,
        };
        for (const command of byHand) await lab.kubectl(command);
        const were = await uids(edit.restarts);
        stack.configure({ ...wanted, ...way.config });
        for (const command of way.before?.(subjects) ?? []) await stack.pulumi(...command);
        const plan = join(lab.dir, "flags-plan.json");
        const hasPlan =
          way.isPlanned &&
          (await pulumi(["preview", "--save-plan", plan], transforms).then(
            () => true,
            () => false,
          ));
        const args = [...(way.args?.(subjects) ?? []), ...(hasPlan ? ["--plan", plan] : [])];
        const refusal = await up(args, transforms).then(
          () => undefined,
          (error: Error) => error.message,
        );
        const now = await uids(edit.restarts);
        lasts = refusal === undefined && edit.isLasting === true;
        return { lost: were.filter((one) => !now.includes(one)), refusal };
      } finally {
        if (lasts) accepted = wanted;
        // An edit that was refused, or made in part, is undone.
        for (const command of takenBack) await lab.kubectl(command);
        if (lasts) stack.configure(accepted);
        else await putBack(kept, wanted, sets);
      }
    }

    for (const [editName, edit] of Object.entries(edits)) {
      if (volumeRetention === "retain" && !dependOnRetention.includes(editName)) continue;
      for (const [wayName, way] of Object.entries(ways)) {
        if (edit.by && !edit.by.includes(wayName)) continue;
        if (way.only && !way.only.includes(editName)) continue;
        const isShort = some.some(([one, by]) => one === editName && by === wayName);
        const { at = [persistent] } = edit;
        // Where nothing but the way tells the engine what to do, each workload is tried.
        const isEach = !way.isForAll && (wayName === "--target" || editName === "nothing else");
        for (const [i, end] of (isEach ? at : at.slice(0, 1)).entries()) {
          const title = `${editName}, ${wayName}${isEach ? `, ${end}` : ""}`;
          it(`${isShort && i === 0 ? "" : "@all "}${title}: every pod and claim is what it was`, async () => {
            const { lost, refusal } = await outcome(edit, way, end);
            if (way.endsWell) assert.equal(refusal, undefined);
            assert.deepEqual(lost, [], refusal ?? "and the update ended well");
          });
        }
      }
    }

    it("leaves a stack in which an update changes nothing", async () => {
      stack.configure({ ...accepted, ...upsert });
      await stack.up("--refresh");
      await stack.up("--expect-no-changes");
    });
  });
}
