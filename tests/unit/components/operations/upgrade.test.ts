import * as assert from "node:assert/strict";
import { mock } from "node:test";
import { KubernetesClient } from "../../../../components/kubernetes/apiClient";
import { upgradeProblem } from "../../../../components/operations/upgrade";
import { versionOf } from "../../../../components/cassandra/version";
import { edit, pod, recordLog } from "./upgradeEdits";

const version = (text: string) => versionOf(`cassandra:${text}`)!;
const problem = (running: string[], wanted: string) => upgradeProblem(running.map(version), version(wanted));

describe("another version of Cassandra", () => {
  it("passes within a series, to a later one, and to the next major version", () => {
    for (const [from, to] of ["5.0.9 5.0.10", "5.0.9 5.0.8", "4.0.18 4.1.9", "4.0.18 5.0.9", "4.1.9 5.0.9"].map(
      (edit) => edit.split(" "),
    ))
      assert.equal(problem([from, from], to), undefined, `${from} -> ${to}`);
    assert.equal(problem([], "4.1.9"), undefined, "nothing has been written");
  });

  it("is refused where it does not read what the members have written", () => {
    assert.equal(
      problem(["5.0.9", "5.0.9"], "4.1.9"),
      "its members run 5.0, and 4.1 does not read what 5.0 writes; allowed is 5.0 or later",
    );
    assert.match(problem(["4.1.9"], "4.0.18")!, /4\.0 does not read what 4\.1 writes/);
    assert.equal(
      problem(["3.11.17"], "5.0.9"),
      "its members run 3.11, whose files 5.0 does not read; allowed is 4.x first, and `nodetool upgradesstables` on each member",
    );
  });

  it("passes on the way back from an upgrade that has not come through", () => {
    assert.equal(problem(["4.1.9", "5.0.9"], "4.1.9"), undefined);
  });

  describe("of a ring's set", () => {
    const { printed, warnings } = recordLog();

    /** Members that are asked say this. */
    async function withVersion(said: string, use: () => Promise<void>): Promise<void> {
      const exec = mock.method(KubernetesClient.prototype, "exec", () => Promise.resolve(said));
      try {
        await use();
      } finally {
        exec.mock.restore();
      }
    }

    it("tells in preview what will happen, and how to go back", async () => {
      const old = "cassandra:4.1.9";
      await edit(old, "cassandra:5.0.9", [pod("cassandra-0", old, true), pod("cassandra-1", old, true)]);
      assert.equal(printed.length, 1);
      assert.match(
        printed[0],
        /each member takes a snapshot \(before-5\.0\.9-from-4\.1\.9-<time>\), then they restart one at a time/,
      );
      assert.match(
        printed[0],
        /To go back: set image cassandra:4\.1\.9, and delete the PersistentVolumeClaim and the pod of each member that 5\.0 has started, one at a time, and only while all other members serve$/,
      );
    });

    it("says nothing of other edits", async () => {
      await edit("cassandra:5.0.9", "cassandra:5.0.9", []);
      assert.deepEqual(printed, []);
    });

    it("is refused in preview by what the pods run, whatever the state says of them", async () => {
      const pods = [pod("cassandra-0", "cassandra:5.0.9", true), pod("cassandra-1", "cassandra:5.0.9", true)];
      await assert.rejects(edit("cassandra:5.0.9", "cassandra:4.1.9", pods), {
        message:
          'image: "cassandra:4.1.9" is not allowed for ring cassandra: its members run 5.0, and 4.1 does not read what ' +
          "5.0 writes; allowed is 5.0 or later",
      });
      const half = [pod("cassandra-0", "cassandra:4.1.9", true), pod("cassandra-1", "cassandra:5.0.9", false)];
      await edit("cassandra:5.0.9", "cassandra:4.1.9", half);
    });

    it("is asked of the members whose image does not tell; in preview, what they could not be asked is said", async () => {
      const dated = [pod("cassandra-0", "team/cassandra:2026.11.1", true)];
      // This API server runs no commands.
      await edit("team/cassandra:2026.11.1", "cassandra:5.0.9", dated);
      assert.match(printed[0], /the Cassandra version of cassandra-0 could not be read: .*`pulumi up` checks again/);
      await assert.rejects(edit("team/cassandra:2026.11.1", "cassandra:5.0.9", dated, false), /No member was touched$/);
    });

    it("is refused where a tag leaves the version open, and none that it may be reads what the members write", async () => {
      const running = (image: string) => [pod("cassandra-0", image, true)];
      const refused = /^Error: image: "\S+" is not allowed for ring cassandra: its members run (5\.0|3\.11), /;
      await assert.rejects(edit("cassandra:5.0.9", "cassandra:4", running("cassandra:5.0.9")), refused);
      await assert.rejects(edit("cassandra:5.0.9", "m.example/cassandra:4-jammy", running("cassandra:5.0.9")), refused);
      await assert.rejects(edit("cassandra:3.11.17", "cassandra:5", running("cassandra:3.11.17")), refused);
      assert.deepEqual(printed, []);
    });

    it("passes without a word where every version that a tag leaves open does", async () => {
      for (const [was, wanted] of [
        ["cassandra:5.0.9", "cassandra:5"],
        ["cassandra:4.1.9", "cassandra:5"],
        ["cassandra:4.0.18", "cassandra:4"],
      ]) {
        await edit(was, wanted, [pod("cassandra-0", was, true)]);
        assert.deepEqual(warnings(), [], `${was} -> ${wanted}`);
      }
    });

    it("is told by a member that runs the image already", async () => {
      const wanted = "team/cassandra:latest";
      const pods = [pod("cassandra-0", "cassandra:5.0.9", true), pod("cassandra-1", wanted, true)];
      const edits = (said: string) => withVersion(said, () => edit("cassandra:5.0.9", wanted, pods));
      await edits("ReleaseVersion: 5.0.8");
      assert.deepEqual(warnings(), []);
      // One that is older is a way back.
      await edits("ReleaseVersion: 4.1.9");
      assert.deepEqual(warnings(), []);
      await withVersion("ReleaseVersion: 4.1.9", () =>
        assert.rejects(
          edit("cassandra:5.0.9", "cassandra:4.0.18", pods),
          /its members run 4\.1, and 4\.0 does not read/,
        ),
      );
    });

    it("is warned of where it may be an older one, with what happens then", async () => {
      for (const wanted of ["cassandra:4", "team/cassandra:latest", "team/cassandra:2026.11", "team/cassandra:1.4.2"]) {
        printed.length = 0;
        await edit("cassandra:4.1.9", wanted, [pod("cassandra-0", "cassandra:4.1.9", true)]);
        assert.equal(warnings().length, 1, wanted);
        assert.match(
          warnings()[0],
          /the members run 4\.1: the versions are compared only when the first member restarts\. If the image cannot read its disk, this member does not start/,
        );
      }
    });

    it("is judged in preview by the state where the pods may not be looked at, and not made then", async () => {
      const refusal = { code: 403, message: "pods is forbidden" };
      await edit("cassandra:5.0.8", "cassandra:5.0.9", [], true, refusal);
      assert.match(printed[0], /could not be checked: pods is forbidden. `pulumi up` checks again/);
      await assert.rejects(edit("cassandra:5.0.9", "cassandra:4.1.9", [], true, refusal), /is not allowed for ring/);
      await assert.rejects(edit("cassandra:5.0.8", "cassandra:5.0.9", [], false, refusal), /could not be checked/);
    });

    it("leaves out a member that does not serve, and stops before any restart when one cannot keep its snapshot", async () => {
      await edit("cassandra:5.0.9", "cassandra:5.0.10", [pod("cassandra-0", "cassandra:5.0.9", false)], false);
      assert.ok(printed.includes("cassandra: cassandra-0 does not serve, so no snapshot of it is taken"));
      await edit("cassandra:5.0.9", "cassandra:5.0.10", [pod("cassandra-0", "cassandra:5.0.10", true)], false);
      assert.ok(printed.includes("cassandra: cassandra-0 runs cassandra:5.0.10 already"), "it is of before no longer");
      // This API server runs no commands.
      const serving = [pod("cassandra-0", "cassandra:5.0.9", true)];
      await assert.rejects(edit("cassandra:5.0.9", "cassandra:5.0.10", serving, false), /No pod was restarted$/);
    });
  });
});
