import * as assert from "node:assert/strict";
import { countOf, TimeLeft } from "../../../../components/engine/progress";
import { figuresInTime } from "../../../../components/engine/progressReporter";

const gibibyte = 2 ** 30;

describe("progress", () => {
  it("tells the time that is left, by the rate since work was seen first, once there is a rate", () => {
    let now = 0;
    const timeLeft = new TimeLeft(() => now);
    const after = (seconds: number, done: number, of?: string) => {
      now = seconds * 1000;
      return timeLeft.describe(done * gibibyte, 100 * gibibyte, of);
    };
    // What an earlier update has moved tells nothing of the rate.
    assert.equal(after(0, 50), "");
    assert.equal(after(5, 51), "");
    assert.equal(after(20, 50), "");
    assert.equal(after(60, 60), ", about 4 min left");
    assert.equal(after(240, 90), ", about 60 s left");
    assert.equal(after(300, 100), "");
    assert.equal(after(300, 1, "cassandra-4"), "");
    assert.equal(after(900, 2, "cassandra-4"), ", about 16 h left");
  });

  it("counts where there are several", () => {
    assert.equal(countOf(2, 5, "restarted"), " (2 of 5 restarted)");
    assert.equal(countOf(2, 5), " (2 of 5)");
    assert.equal(countOf(0, 1, "restarted"), "");
  });

  it("writes other words at once, the same line once, and other figures the more rarely the longer a step takes", () => {
    let now = 0;
    const isDue = figuresInTime(() => now);
    const line = (gib: number) =>
      `cassandra-4 leaves the ring: ${gib}.0 GiB of 2900.0 GiB sent, about ${2900 - gib} min left`;
    assert.equal(isDue(line(0)), true);
    assert.equal(isDue(line(0)), false);
    assert.equal(isDue(line(1)), false);
    assert.equal(isDue("cassandra-4 has left the ring"), true);
    assert.equal(isDue("cassandra-3 leaves the ring: 1.0 GiB of 2900.0 GiB sent"), true);
    assert.equal(isDue("cassandra-2 leaves the ring: 1.0 GiB of 2900.0 GiB sent"), true);
    assert.equal(isDue("cassandra-0 runs `nodetool cleanup`: ks.table 1.5%"), true);
    assert.equal(isDue("cassandra-0 runs `nodetool cleanup`: ks.table 3%"), false);
    let lines = 0;
    // Four hours, at a look each five seconds.
    for (let look = 1; look <= 2880; look++, now = look * 5000) if (isDue(line(look))) lines++;
    assert.ok(lines > 40 && lines < 80, `${lines} lines`);
  });
});
