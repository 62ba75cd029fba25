import * as assert from "node:assert/strict";
import type { CoreV1Api } from "@kubernetes/client-node";
import { lastWords } from "../../../../components/cassandra/podLog";

const pod = (ringOrdinal: number, state: { ready?: boolean; running?: boolean; ending?: boolean } = {}) => ({
  name: `cassandra-${ringOrdinal}`,
  uid: "",
  ringOrdinal,
  running: true,
  ready: false,
  ending: false,
  keepsRecord: true,
  ...state,
});

describe("the last words of a ring that does not serve yet", () => {
  const read: string[] = [];
  const core = {
    readNamespacedPodLog: ({ name }: { name: string }) => {
      read.push(name);
      return Promise.resolve("10:00:00 ring: waiting for the record\nINFO  other words\n10:00:10 ring: joining\nINFO");
    },
  } as unknown as CoreV1Api;
  beforeEach(() => (read.length = 0));

  it("are those of the first member that waits, of which one log is read, and how many serve", async () => {
    const pods = [pod(2), pod(0, { ready: true }), pod(1), pod(3, { running: false }), pod(4, { ending: true })];
    assert.equal(await lastWords(core, "db", pods), "cassandra-1 says: joining (1 of 4 pods serve)");
    assert.deepEqual(read, ["cassandra-1"]);
  });

  it("are none of a ring that serves, or whose pods are yet to run", async () => {
    assert.equal(await lastWords(core, "db", [pod(0, { ready: true }), pod(1, { running: false })]), undefined);
    assert.deepEqual(read, []);
  });
});
