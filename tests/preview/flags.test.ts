import * as assert from "node:assert/strict";
import { join } from "node:path";
import { Lab } from "../../lab/src/lab";
import { certify, inSimulatedLab, nameOf, Pod, smallMembers, Stack } from "../stack";

const minutes = 60_000;
const upsert = { "kubernetes:upsertExistingObjects": "true" };
const base = {
  ...smallMembers,
  storage: "gce-pd",
  replicas: 2,
  volumeRetention: "delete",
  topologies: ["persistent", "ephemeral", "daemon", "pod", "cockroachdb"],
  cockroachdb: { insecure: true },
  persistent: { tls: "secret" },
};

/** What the stack is told: each time another value, so that it is an edit each time. */
const edits: Record<string, (n: number) => Record<string, unknown>> = {
  "nothing else": () => ({}),
  "a larger volumeSize": (n) => ({ volumeSize: `${n + 2}Gi` }),
  "another storageClassName": (n) => ({ storageClassName: `class-${n}` }),
  "another name": () => ({
    persistent: { name: "other" },
    cockroachdb: { name: "other", insecure: true },
    ephemeral: { name: "others" },
  }),
  "another namespace": () => ({ namespace: "kube-public" }),
  "fewer topologies": () => ({ topologies: ["daemon"] }),
  "another volumeRetention": () => ({ volumeRetention: "retain" }),
  "clientCertificates: required": () => ({ persistent: { tls: "secret", clientCertificates: "required" } }),
};

/** Ways of an edit that changes inputs of the component itself. With no flag, the members restart one at a time, as they are to. */
const waysOf: Record<string, string[] | undefined> = {
  "clientCertificates: required": [
    "--replace",
    "--replace, upsertExistingObjects",
    "state taint",
    "state taint, upsertExistingObjects",
  ],
};

/** Edits that stay where they were not refused: no volume shrinks. */
const lasting = ["a larger volumeSize", "another storageClassName", "another volumeRetention"];

/** What is done before `pulumi up`, and told to it. */
interface Way {
  args?: (urn: string, guard: string) => string[];
  before?: string[];
  config?: object;
  /** Whether it keeps to a plan that a preview has saved, where that was not refused. */
  isPlanned?: boolean;
}
const ways: Record<string, Way> = {
  "no flag": {},
  "--target": { args: (urn) => ["--target", urn] },
  "--target --target-dependents": { args: (urn) => ["--target", urn, "--target-dependents"] },
  "--exclude the guard": { args: (_, guard) => ["--exclude", guard] },
  "--replace": { args: (urn) => ["--replace", urn] },
  "--replace, upsertExistingObjects": { args: (urn) => ["--replace", urn], config: upsert },
  "--target-replace": { args: (urn) => ["--target-replace", urn] },
  "--continue-on-error": { args: () => ["--continue-on-error"] },
  "--refresh": { args: () => ["--refresh"] },
  "--parallel 1": { args: () => ["--parallel", "1"] },
  "--plan": { isPlanned: true },
  "state taint": { before: ["state", "taint"] },
  "state taint, upsertExistingObjects": { before: ["state", "taint"], config: upsert },
  "state delete": { before: ["state", "delete", "--target-dependents"] },
  "state delete, upsertExistingObjects": { before: ["state", "delete", "--target-dependents"], config: upsert },
};

/** One case of each kind; the whole table is for `npm run test:all`. */
const some = [
  ["a larger volumeSize", "--target"],
  ["fewer topologies", "--exclude the guard"],
  ["nothing else", "state taint, upsertExistingObjects"],
  ["clientCertificates: required", "--replace, upsertExistingObjects"],
];

const workloads = ["StatefulSet::cassandra", "StatefulSet::cockroachdb", "ReplicationController::cassandra-ephemeral"];

for (const [plugin, officialPlugin] of [
  ["the stand-in", false],
  ["@all the official plugin, built from its source", true],
] as const) {
  describe(`no flag of Pulumi's leads around a guard, with ${plugin}`, function () {
    this.timeout(20 * minutes);
    let lab: Lab;
    let stack: Stack;
    let n = 0;
    /** What the stack was told last that was not refused. */
    let settled: Record<string, unknown> = base;

    inSimulatedLab(
      "flags",
      async (made) => {
        ({ lab, stack } = made);
        const [key, crt] = ["tls.key", "tls.crt"].map((file) => join(lab.dir, file));
        await certify("-subj", "/CN=ring", "-keyout", key, "-out", crt);
        const files = { "tls.key": key, "tls.crt": crt, "ca.crt": crt };
        const data = Object.entries(files).map(([name, file]) => `--from-file=${name}=${file}`);
        await lab.kubectl(["create", "secret", "generic", "cassandra-tls", ...data]);
        stack.configure(base);
        await stack.up();
      },
      { officialPlugin },
    );

    /** UIDs of all pods that hold rows, and of all claims. */
    async function uids(): Promise<string[]> {
      const { items } = await stack.get<{ items: (Pod & { kind: string })[] }>("pods,pvc", "-A");
      return items
        .filter((item) => !nameOf(item).includes("-init-"))
        .map((item) => `${item.kind} ${item.metadata.namespace}/${nameOf(item)} ${item.metadata.uid}`)
        .sort();
    }

    const urnOf = async (end: string) =>
      (await stack.pulumi("stack", "--show-urns")).match(/urn:\S+/g)!.find((urn) => urn.endsWith(end))!;

    for (const [edit, settings] of Object.entries(edits)) {
      for (const [way, { args = () => [], before, config, isPlanned }] of Object.entries(ways)) {
        if (waysOf[edit] && !waysOf[edit].includes(way)) continue;
        const isOne = some.some(([one, by]) => one === edit && by === way);
        it(`${isOne ? "" : "@all "}${edit}, ${way}: every pod and claim is what it was`, async () => {
          const wanted = { ...settled, ...settings(n++) };
          // Edits of one are those of all; what is done to one without an edit is tried on each.
          for (const end of edit === "nothing else" ? workloads : workloads.slice(0, 1)) {
            const urn = await urnOf(end);
            const guard = await urnOf("DataGuard::cassandra");
            const snapshot = join(lab.dir, "flags.json");
            await stack.pulumi("stack", "export", "--file", snapshot);
            const were = await uids();
            stack.configure({ ...wanted, ...config });
            if (before) await stack.pulumi(...before, urn, "--yes");
            const plan = join(lab.dir, "flags-plan.json");
            const hasPlan =
              isPlanned &&
              (await stack.pulumi("preview", "--save-plan", plan).then(
                () => true,
                () => false,
              ));
            const refusal = await stack.up(...args(urn, guard), ...(hasPlan ? ["--plan", plan] : [])).then(
              () => undefined,
              (error: Error) => error.message,
            );
            const now = await uids();
            const lost = were.filter((one) => !now.includes(one));
            assert.deepEqual(lost, [], refusal ?? "and the update ended well");
            if (refusal === undefined && lasting.includes(edit)) settled = wanted;
            // What was refused, or done in part, is taken back.
            stack.configure(settled);
            if (refusal !== undefined) await stack.pulumi("stack", "import", "--file", snapshot);
          }
        });
      }
    }

    it("ends as one stack, in which nothing is left to do", async () => {
      stack.configure({ ...settled, ...upsert });
      await stack.up("--refresh");
      await stack.up("--expect-no-changes");
    });
  });
}
