import * as assert from "node:assert/strict";
import { edit, images, pod, recordLog } from "./upgradeEdits";

describe("another version of Cassandra where not all members serve", () => {
  const { printed, warnings } = recordLog();
  const unpulled = { containerStatuses: [{ state: { waiting: { reason: "ImagePullBackOff" } } }] };

  it("has nobody delete a disk where another member does not serve, or where there is no other, or on the way to an older series", async () => {
    const [old, wanted] = ["cassandra:4.1.9", "cassandra:5.0.9"];
    const one = pod("cassandra-0", old, true);
    for (const pods of [[], [one], [one, pod("cassandra-1", old, false)]]) {
      printed.length = 0;
      await edit(old, wanted, pods);
      assert.equal(printed.length, 1);
      assert.doesNotMatch(printed[0], /delete/);
      assert.match(
        printed[0],
        /set image cassandra:4\.1\.9\. A member that 5\.0 has started does not start .* Keep its/,
      );
    }
    printed.length = 0;
    await edit(wanted, old, [one, pod("cassandra-1", wanted, true)]);
    assert.match(printed[0], /To go back: set image cassandra:5\.0\.9$/);
  });

  it("tells that no member takes a snapshot where none serves", async () => {
    for (const pods of [[], [pod("cassandra-0", "cassandra:5.0.8", false)]]) {
      printed.length = 0;
      await edit("cassandra:5.0.8", "cassandra:5.0.9", pods);
      assert.match(
        printed[0],
        /5\.0\.9: no member serves, so none takes a snapshot before it starts with the new image\. To/,
      );
    }
  });

  const lastRun = {
    message:
      'image: "cassandra:4.1.9" is not allowed for ring cassandra: none of its members serves, and they ran 5.0 last, and 4.1 does not ' +
      "read what 5.0 writes; allowed is 5.0 or later, and an image by its digest alone (name@sha256:...), which each pod compares with " +
      "its own disk before Cassandra starts",
  };
  const [four, five] = ["cassandra:4.1.9", "cassandra:5.0.9"];
  const set = (image: string) => ({ "/apis/apps/v1/namespaces/db/statefulsets/cassandra": images(image) });

  it("is refused where none serves by what the pods or the templates say that they ran, in preview and in the update", async () => {
    for (const isPreview of [true, false]) {
      await assert.rejects(edit(five, four, [pod("cassandra-0", five, false)], isPreview), lastRun);
      await assert.rejects(edit(five, four, [], isPreview), lastRun);
      await assert.rejects(edit(four, "cassandra:4.1.8", [], isPreview, undefined, set(five)), /ran 5\.0 last/);
    }
    assert.deepEqual(printed, []);
    await edit(five, "cassandra@sha256:" + "a".repeat(64), []);
    assert.equal(warnings().length, 1, "each pod compares");
  });

  it("may go back where none serves and some still have the older series", async () => {
    await edit(five, four, [pod("cassandra-0", four, false), pod("cassandra-1", five, false)]);
    assert.doesNotMatch(printed[0], /delete/);
  });

  it("takes an image back that no node could get, and one of a ring that has not begun to form", async () => {
    const wrong = "cassandra:5.0.99";
    await edit(wrong, four, [pod("cassandra-0", wrong, false, unpulled)], true, undefined, set(wrong));
    const ended = { state: unpulled.containerStatuses[0].state, lastState: { terminated: { exitCode: 1 } } };
    const hasRun = pod("cassandra-0", wrong, false, { containerStatuses: [ended] });
    await assert.rejects(edit(wrong, four, [hasRun]), /ran 5\.0 last/);
    const record = "/api/v1/namespaces/db/configmaps/cassandra-ring";
    for (const [data, isRefused] of [
      [{}, false],
      [{ forming: "3" }, true],
    ] as const) {
      const made = edit(five, four, [pod("cassandra-0", five, false)], true, undefined, { [record]: { data } });
      if (isRefused) await assert.rejects(made, lastRun);
      else await made;
    }
  });

  it("takes one back that somebody has set by hand only if it reads what the members write", async () => {
    const byHand = [pod("cassandra-0", five, true), pod("cassandra-1", five, true)];
    await assert.rejects(edit(four, four, byHand, true, undefined, set(five)), /its members run 5\.0, and 4\.1 does/);
    await edit(five, five, byHand, true, undefined, set("m.example/library/cassandra:5.0.9"));
    assert.deepEqual(printed, []);
  });
});
