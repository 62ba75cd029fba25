import * as assert from "node:assert/strict";
import { Lab } from "../../lab/src/lab";
import { RunError } from "../../lab/src/run";
import { copyProgram } from "../support/programs";
import { inSimulatedLab, nameOf, Pod, smallMembers, Stack } from "../support/stack";

const minutes = 60_000;

describe("a ring that is to have another name, on the real engine and API server, with simulated nodes", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;
  let program: string;

  inSimulatedLab("renamed", (made) => {
    ({ lab, stack } = made);
    program = copyProgram(lab, "renamed");
  });

  /** UIDs of what makes pods, of all pods that hold rows, and of all claims. */
  async function uids(): Promise<string[]> {
    const kinds = "statefulsets,daemonsets,replicationcontrollers,pods,pvc";
    const { items } = await stack.get<{ items: (Pod & { kind: string })[] }>(kinds, "-A");
    return items
      .filter((item) => !nameOf(item).includes("-init-"))
      .map((item) => `${item.kind} ${item.metadata.namespace}/${nameOf(item)} ${item.metadata.uid}`)
      .sort();
  }

  describe("@all in a program that uses the components", () => {
    const pulumi = (...args: string[]) =>
      lab.pulumi(["-C", program, ...args, "--stack", "renamed", "--non-interactive"], { timeout: 5 * minutes });
    const refused = (...args: string[]) =>
      pulumi(...args).then(
        (said) => assert.fail(`not refused: ${said}`),
        ({ stdout }: RunError) => stdout,
      );
    const urnOf = async (end: string) =>
      (await pulumi("stack", "--show-urns")).match(/urn:\S+/g)!.find((urn) => urn.endsWith(end))!;

    /**
     * Asserts that an update is refused with these sentences, and touches nothing. A preview has all of them; an update ends with the
     * first rings that are refused.
     */
    async function refuses(sentences: string[], ...args: string[]): Promise<void> {
      const before = await uids();
      const said = await refused(...args);
      const missing = sentences.filter((line) => !said.includes(line));
      const most = args[0] === "preview" ? 0 : sentences.length - 1;
      assert.ok(missing.length <= most, `${missing.join("\n")}\n--- is not in\n${said}`);
      assert.deepEqual(await uids(), before);
    }
    const up = ["up", "--yes", "--skip-preview"];

    before(async () => {
      await lab.pulumi(["-C", program, "stack", "init", "renamed", "--non-interactive"]);
      await pulumi(...up);
    });

    it("is refused, whatever makes its pods", async () => {
      await pulumi("config", "set", "suffix", "2");
      const lines = ["one", "two", "three", "four", "five"].map(
        (name) => `failed: name: "${name}2": no ring can be renamed, and this edit leaves ring ${name} (`,
      );
      await refuses(lines, "preview");
      await refuses(lines, ...up);
      await pulumi("config", "rm", "suffix");
    });

    it("is refused in another namespace, also with the StatefulSet as the only target", async () => {
      await pulumi("config", "set", "namespace", "kube-public");
      const lines = ["one (persistent)", "two (ephemeral)", "three (daemon)", "four (pod)", "five (cockroachdb)"].map(
        (ring) => `this edit leaves ring ${ring} in namespace default behind`,
      );
      await refuses(lines, "preview");
      await refuses(lines, ...up);
      await refuses(lines.slice(0, 1), ...up, "--target", await urnOf("StatefulSet::one"), "--target-dependents");
      await pulumi("config", "rm", "namespace");
    });

    it("is refused other racks", async () => {
      await pulumi("config", "set", "racks", '["a","b"]');
      await refuses(["failed: racks: [a, b] is not allowed for ring one (persistent): its members are in []"], ...up);
      await pulumi("config", "rm", "racks");
    });

    it("is remembered for as long as it is in the state: `pulumi state delete` of the guard is refused", async () => {
      for (const end of ["DataGuard::one-ring", "WorkloadMemory::one"])
        await assert.rejects(pulumi("state", "delete", await urnOf(end), "--yes"), ({ stdout, stderr }: RunError) => {
          assert.match(stdout + stderr, /can't be safely deleted because the following resources depend on it/);
          return true;
        });
      await pulumi(...up, "--expect-no-changes");
    });

    it("is left behind with acceptDataLoss, and a new ring is made", async () => {
      const before = await uids();
      await pulumi("config", "set", "suffix", "2");
      await pulumi("config", "set", "acceptDataLoss", "true");
      assert.match(await pulumi("preview"), /warning: .*leaves ring one \(persistent\) behind/);
      await pulumi(...up);
      const after = await uids();
      assert.deepEqual(
        after.filter((one) => before.includes(one)),
        [],
      );
      for (const name of ["Pod default/one2-1 ", "Pod default/four2 ", "Pod default/five2-1 "])
        assert.ok(
          after.some((one) => one.startsWith(name)),
          name,
        );
      await pulumi("config", "set", "acceptDataLoss", "false");
      await pulumi(...up, "--expect-no-changes");
      await pulumi("destroy", "--yes", "--skip-preview");
    });
  });

  describe("by the config of a stack", () => {
    const ring = { ...smallMembers, storage: "minikube-hostpath", replicas: 2, volumeRetention: "delete" };

    it("is refused, and `pulumi state delete` cannot remove the guard alone", async () => {
      stack.configure(ring);
      await stack.up();
      const before = await uids();
      const [guard] = /urn:\S+:DataGuard::cassandra\n/.exec(await stack.pulumi("stack", "--show-urns"))!;
      const refusal = ["can't be safely deleted because the following resources depend on it"];
      await stack.refusedWith(refusal, "state", "delete", guard.trim(), "--yes");
      stack.configure({ ...ring, persistent: { name: "other" } });
      const line = ['cassandra:persistent.name: "other": no ring can be renamed, and this edit leaves ring cassandra'];
      await stack.refusedWith(line, "preview");
      await stack.refusedWith(line, "up", "--yes", "--skip-preview");
      assert.deepEqual(await uids(), before);

      // With what depends on it, it takes the ring out of the state as well, and nothing deletes that any more.
      await stack.pulumi("state", "delete", guard.trim(), "--target-dependents", "--yes");
      await stack.pulumi("up", "--yes", "--skip-preview").catch(() => undefined);
      const after = await uids();
      assert.deepEqual(
        before.filter((one) => !after.includes(one)),
        [],
      );
    });
  });
});
