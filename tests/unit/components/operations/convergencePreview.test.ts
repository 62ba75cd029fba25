import * as assert from "node:assert/strict";
import { AskPolicy } from "../../../../components/cassandra/ringViews";
import { ConvergingRing, previewConvergence } from "../../../../components/operations/convergence";
import { left, whole } from "./convergingRing";
import { pod as podOf } from "./surveys";

describe("the look at a ring in preview", () => {
  const told = async (survey: ConvergingRing["survey"], isEdited = false) => {
    const said: string[] = [];
    await previewConvergence({ survey }, 1, (line) => Promise.resolve(void said.push(line)), isEdited);
    return said;
  };

  it("tells what `pulumi up` will do, and nothing where all is well", async () => {
    assert.deepEqual(await told(() => Promise.resolve(whole)), []);
    assert.deepEqual(await told(() => Promise.resolve(left)), [
      "cassandra-0 has left the ring, though replicas is 1: `pulumi up` makes it join again",
    ]);
  });

  it("leaves an edit of the count to the hooks that tell of it, and a ring that is not there alone", async () => {
    assert.deepEqual(await told(() => Promise.resolve({ ...left, asked: 3 }), true), []);
    assert.deepEqual(await told(() => Promise.resolve({ ...left, asked: undefined, pods: [] })), []);
  });

  it("tells of members that leave after somebody has scaled up by hand, where no edit and so no hook does", async () => {
    const more = {
      ...whole,
      asked: 3,
      pods: [0, 1, 2].map((ordinal) => podOf(ordinal, { address: `10.0.0.${ordinal + 1}` })),
    };
    assert.deepEqual(await told(() => Promise.resolve(more)), [
      "the controllers ask for 3 pods, though replicas is 1: `pulumi up` scales them, and the surplus members leave the ring",
    ]);
  });

  it("tells of racks that ask for different numbers of pods, which is no edit", async () => {
    assert.equal((await told(() => Promise.resolve({ ...left, asked: 3, isUneven: true }), true)).length, 1);
  });

  it("goes by pods and record where the account may not run commands in pods", async () => {
    const forbidden = Object.assign(new Error("may not run commands"), { code: 403 });
    for (const [seen, lines] of [
      [whole, 0],
      [left, 1],
    ] as const) {
      const survey = (_: number, asks?: AskPolicy) =>
        asks === "never" ? Promise.resolve({ ...seen, listed: undefined, isBlind: true }) : Promise.reject(forbidden);
      assert.equal((await told(survey)).length, lines);
    }
  });

  it("says what it could not look at, and fails no preview", async () => {
    const [line] = await told(() => Promise.reject(new Error("pods is forbidden")));
    assert.match(line, /could not be checked: pods is forbidden\. `pulumi up` checks again/);
  });
});
