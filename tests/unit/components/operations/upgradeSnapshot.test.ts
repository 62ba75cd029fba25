import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { KubernetesClient } from "../../../../components/kubernetes/apiClient";
import { keepSnapshot, ownSnapshot, snapshotName } from "../../../../components/operations/upgradeSnapshot";

const [was, wanted] = ["cassandra:5.0.9", "cassandra:5.0.10"];

describe("the snapshot before an upgrade", () => {
  it("is named after both images and the time", () => {
    const time = "20261127T132144Z";
    assert.equal(snapshotName("registry:5000/cassandra:5.0.9", wanted, time), `before-5.0.10-from-5.0.9-${time}`);
    const digest = "cassandra@sha256:0123456789ab" + "c".repeat(52);
    assert.equal(snapshotName(was, digest, time), `before-0123456789ab-from-5.0.9-${time}`);
  });

  describe("that there is", () => {
    const noted = "before-5.0.10-from-5.0.9-20261127T120000Z";
    const view = {
      now: "20261127T130000Z",
      noted,
      listed: ["Snapshot", noted],
      startedAt: new Date("2026-11-20T08:00:00Z"),
    };

    it("is that of this upgrade where the member has run on since", () =>
      assert.equal(ownSnapshot(view, was, wanted), noted));

    const earlier: [string, Partial<typeof view>, string?, string?][] = [
      [
        "where the member has started since: it may have come back from the other image",
        { startedAt: new Date("2026-11-27T12:30:00Z") },
      ],
      ["where it is of the day before", { now: "20261128T120000Z" }],
      ["of other images", {}, "cassandra:5.0.8"],
      ["of the way back", {}, wanted, was],
      ["that Cassandra no longer has", { listed: ["Snapshot"] }],
      ["of which there is no note, as of one that was cut off", { noted: "" }],
      ["of an older naming", { noted: "before-5.0.10", listed: ["before-5.0.10"] }],
      ["whose note is no name", { noted: "before-5.0.10-from-5.0.9-", listed: ["before-5.0.10-from-5.0.9-"] }],
      ["of a container of which nobody knows when it started", { startedAt: undefined }],
    ];
    for (const [what, other, from = was, to = wanted] of earlier)
      it(`is not one ${what}`, () => assert.equal(ownSnapshot({ ...view, ...other }, from, to), undefined));
  });

  describe("of a member", () => {
    /** A pod on this machine: its nodetool keeps snapshots as lines of a file, unless it is told to fail. */
    function member() {
      const folder = mkdtempSync(path.join(tmpdir(), "snapshots-"));
      const [list, note] = ["list", "ring-snapshot"].map((file) => path.join(folder, file));
      const asked: string[] = [];
      const nodetool = path.join(folder, "nodetool");
      const set = (snapshot: string) => {
        const listing = `cat ${list} 2>/dev/null; true`;
        writeFileSync(nodetool, `#!/bin/sh\ncase $1 in snapshot) ${snapshot} ;; *) ${listing} ;; esac\n`);
        chmodSync(nodetool, 0o755);
      };
      const whole = `echo "$3 rows numbers" >>${list}`;
      set(whole);
      const exec = (_: unknown, [command, ...args]: string[]): Promise<string> => {
        asked.push(args.slice(2).join(" "));
        const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
        const inHere = args.map((arg) => arg.replaceAll("/var/lib/cassandra", folder));
        const { status, stdout, stderr } = spawnSync(command, inHere, { env, encoding: "utf8" });
        return status === 0 ? Promise.resolve(stdout) : Promise.reject(new Error(stderr));
      };
      const keep = (image = was, to = wanted, startedAt = new Date(0)) =>
        keepSnapshot(
          { exec } as unknown as KubernetesClient,
          { namespace: "db", pod: "c-0" },
          { image, wanted: to, startedAt },
        );
      const names = () =>
        readFileSync(list, "utf8")
          .trim()
          .split("\n")
          .map((line) => line.split(" ")[0]);
      return { keep, set, whole, names, asked, note: () => readFileSync(note, "utf8").trim() };
    }

    it("is kept once for an upgrade that is cut off and goes on, and noted when it is whole", async () => {
      const { keep, names, note, asked } = member();
      assert.match(
        await keep(),
        /^c-0 has taken a snapshot of its data \(before-5\.0\.10-from-5\.0\.9-\d{8}T\d{6}Z\)$/,
      );
      assert.deepEqual(names(), [note()]);
      assert.match(asked[1], / before-\S+ --ttl 14d$/);
      assert.equal(await keep(), `c-0 already has a snapshot of its data (${note()})`);
      assert.equal(names().length, 1);
    });

    it("is another one where the member has started since, and for another image", async () => {
      const { keep, names } = member();
      await keep();
      assert.match(await keep(was, "cassandra:5.0.11"), /has taken a snapshot of its data \(before-5\.0\.11-/);
      assert.match(await keep(was, "cassandra:5.0.11", new Date("2999-01-01")), /has taken a snapshot/);
      assert.equal(names().length, 3);
    });

    it("goes on when there is time, of a version that lets none go by itself", async () => {
      const { keep, asked } = member();
      await keep("cassandra:4.0.18");
      assert.doesNotMatch(asked[1], /ttl/);
    });

    it("is taken again where the one before was cut off, or is not listed, and nothing restarts", async () => {
      const { keep, set, whole, names } = member();
      set(`${whole}; echo "no space left" >&2; exit 1`);
      await assert.rejects(keep(), /no space left\n+No pod was restarted$/);
      set("true");
      await assert.rejects(
        keep(was, "cassandra:5.0.11"),
        /does not list snapshot before-5\.0\.11-\S+\n+No pod was restarted$/,
      );
      set(whole);
      assert.match(await keep(was, "cassandra:5.0.12"), /has taken a snapshot/);
      assert.equal(names().length, 2);
    });
  });
});
