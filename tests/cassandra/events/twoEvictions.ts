import * as assert from "node:assert/strict";
import { ids } from "../../support/ringStack";
import { Pod } from "../../support/stack";
import { RingEvent } from "./ringEvent";

export const twoEvictions: RingEvent = {
  title: "two members evicted at once",
  planned: true,
  async run({ lab, stack }) {
    const [before, [first, second]] = [ids(await stack.oneRing(3)), await stack.pods()];
    const evict = (pod: Pod) => {
      const { name, namespace } = pod.metadata;
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
      const input = JSON.stringify({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } });
      return lab.kubectl(["create", "--raw", path, "-f", "-"], { input });
    };
    await evict(first);
    await assert.rejects(evict(second), /disruption budget/);
    await stack.serving(3, { gone: [first.metadata.uid] });
    const uids = (await stack.pods()).map(({ metadata }) => metadata.uid);
    assert.ok(uids.includes(second.metadata.uid), "the second one was evicted all the same");
    assert.deepEqual(ids(await stack.oneRing(3)), before);
  },
};
