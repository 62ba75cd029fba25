import * as assert from "node:assert/strict";
import { nextStep, PodView } from "../../../../components/operations/rollingRestartPlan";

const pod = (name: string, overrides: Partial<PodView> = {}): PodView => ({
  name,
  revision: "new",
  ready: true,
  leaving: false,
  started: true,
  running: true,
  ...overrides,
});
const old = (name: string, overrides: Partial<PodView> = {}) => pod(name, { revision: "old", ...overrides });
const next = (...pods: PodView[]) => nextStep(pods, { replicas: 3, revision: "new" });

describe("a rolling update", () => {
  it("is done when all pods are of the wanted revision and serve", () => {
    assert.equal(next(pod("a"), pod("b"), pod("c")), "done");
  });

  it("replaces one pod when all serve, whatever revision the others are of", () => {
    assert.deepEqual(next(old("a"), old("b"), pod("c")), { replace: "a" });
    assert.deepEqual(next(pod("a"), pod("b"), pod("c", { revision: undefined })), { replace: "c" });
  });

  it("waits for the one that leaves, for a new one to be there, and for it to serve", () => {
    const leaving = old("a", { leaving: true });
    assert.deepEqual(next(leaving, old("b"), old("c"), pod("d", { ready: false })), {
      waitFor: "a to stream its data to the others",
      isDecommissioning: true,
    });
    assert.deepEqual(next(old("b"), old("c")), { waitFor: "3 pods; there are 2" });
    assert.deepEqual(next(old("b"), old("c"), pod("d", { ready: false })), {
      waitFor: "d to join the ring and serve",
    });
  });

  it("waits for members that are silent before it takes another one away", () => {
    assert.deepEqual(next(old("a", { ready: false }), old("b"), old("c")), {
      waitFor: "a to join the ring and serve",
    });
  });

  it("waits for a pod to end that then comes back to its disk", () => {
    const pods = [old("a", { leaving: true }), old("b"), old("c")];
    assert.deepEqual(nextStep(pods, { replicas: 3, revision: "new", comesBack: true }), { waitFor: "a to end" });
  });

  it("first replaces a pod that never could run, which would be waited for in vain", () => {
    const stuck = old("b", { ready: false, started: false });
    assert.deepEqual(next(old("a"), stuck, old("c", { leaving: true })), { replace: "b" });
    assert.deepEqual(next(pod("a"), pod("b", { ready: false, started: false }), pod("c")), {
      waitFor: "b to join the ring and serve",
    });
  });

  it("waits for the pods that a smaller ring gives up", () => {
    const pods = [pod("a"), pod("b"), pod("c"), pod("d", { leaving: true })];
    assert.deepEqual(next(...pods), { waitFor: "d to stream its data to the others", isDecommissioning: true });
  });

  describe("of pods that come back to their disks", () => {
    const step = (pods: PodView[], minded: { membersAwaitingRepair?: string[]; lockHolder?: string } = {}) =>
      nextStep(pods, { replicas: 3, revision: "new", comesBack: true, ...minded });

    it("replaces the member that does not serve itself, and nobody else while it is away", () => {
      assert.deepEqual(step([old("c"), old("b"), old("a", { ready: false })]), { replace: "a" });
      assert.deepEqual(step([old("c"), old("b"), pod("a", { ready: false })]), { waitFor: "a to serve again" });
    });

    it("replaces one whose container does not run, also while others do not serve", () => {
      const crashed = old("a", { ready: false, running: false });
      assert.deepEqual(step([pod("c", { ready: false }), old("b"), crashed]), { replace: "a" });
    });

    it("does not take one that runs away while another does not serve: it may be about to", () => {
      assert.deepEqual(step([pod("c", { ready: false }), old("b"), old("a", { ready: false })]), {
        waitFor: "c to serve again",
      });
    });

    it("does not cut off a member that moves its share", () => {
      const joining = [old("c", { ready: false }), old("b"), old("a")];
      assert.deepEqual(step(joining, { lockHolder: "c" }), { waitFor: "c to serve again" });
      assert.deepEqual(step([old("c"), old("b"), old("a")], { lockHolder: "c" }), {
        waitFor: "c to release the topology lock",
      });
    });

    it("waits for a repair that is owed, as long as there is somebody to restart", () => {
      assert.deepEqual(step([old("c"), pod("b"), pod("a")], { membersAwaitingRepair: ["b"] }), {
        waitFor: "b to be repaired: until then it may lack data that other replicas have",
      });
      assert.equal(step([pod("c"), pod("b"), pod("a")], { membersAwaitingRepair: ["b"] }), "done");
    });

    it("takes them in the order given, one at a time", () => {
      assert.deepEqual(step([old("c"), old("b"), old("a")]), { replace: "c" });
      assert.deepEqual(step([pod("c"), old("b"), old("a")]), { replace: "b" });
    });
  });
});
