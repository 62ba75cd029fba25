import * as assert from "node:assert/strict";
import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { describeStep } from "../../../../components/operations/convergenceMessages";
import { lastingCauseOf } from "../../../../components/operations/lastingCauses";
import { holdupsOf } from "../../../../components/operations/podHoldups";
import { RollingRestart } from "../../../../components/operations/rollingRestart";
import { withApiServer } from "../../../support/apiServer";
import { callHook, record } from "../../../support/recorder";
import { sceneOf, whole as one } from "./convergingRing";
import { last, ring, waits } from "./surveys";

const invalid = { waiting: { reason: "InvalidImageName", message: "repository name must be lowercase\nmore" } };
const lacking =
  'failed to create containerd task: OCI runtime create failed: exec: "/agent": stat /agent: no such file or directory: unknown';
const backOff = { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s restarting failed container" } };

/** A pod whose container is in that state. @param change of the pod's metadata */
const pod = (status: Partial<V1ContainerStatus>, change: V1Pod["metadata"] = {}): V1Pod => ({
  metadata: { name: "cassandra-2", ...change },
  status: {
    phase: "Pending",
    containerStatuses: [{ name: "cassandra", restartCount: 0, ready: false, image: "", imageID: "", ...status }],
  },
});
const unnamed = pod({ state: invalid });
const cause =
  "cassandra-2 can never run as it is: container cassandra: InvalidImageName: repository name must be lowercase; set `image` to a name " +
  "that Kubernetes can parse";

describe("a cause that does not pass", () => {
  it("is an image that cannot be parsed, whichever container has it, with what to do", () => {
    assert.equal(lastingCauseOf(unnamed), cause);
    const [status] = pod({ name: "agent", state: invalid }).status!.containerStatuses!;
    assert.equal(
      lastingCauseOf({ metadata: { name: "cassandra-2" }, status: { initContainerStatuses: [status] } }),
      "cassandra-2 can never run as it is: container agent: InvalidImageName: repository name must be lowercase; set the container's image " +
        "(`podTemplatePatch`, or what adds the container) to a name that Kubernetes can parse",
    );
  });

  it("is a program that is not in the image, once it was not found several times", () => {
    const started = (restartCount: number, message = lacking) =>
      lastingCauseOf(
        pod({
          name: "agent",
          restartCount,
          state: backOff,
          lastState: { terminated: { exitCode: 128, reason: "StartError", message } },
        }),
      );
    assert.equal(started(1), undefined);
    assert.equal(
      started(2),
      `cassandra-2 can never run as it is: container agent: StartError: ${lacking}; set the container's image (\`podTemplatePatch\`, or ` +
        "what adds the container) to one that has the program, for the processors of the nodes",
    );
    for (const words of [
      'exec: "agent": executable file not found in $PATH: unknown',
      "executable file `/agent` not found: No such file or directory",
      'exec: "/agent": permission denied: unknown',
      "exec /agent: exec format error",
    ])
      assert.match(started(2, words) ?? "", /can never run/, words);
    for (const words of ["error mounting /x: no such file or directory", "OOMKilled", ""])
      assert.equal(started(9, words), undefined, words);
  });

  it("is none that may pass while somebody waits, nor that of a pod that goes", () => {
    for (const reason of [
      "ImagePullBackOff",
      "ErrImagePull",
      "ErrImageNeverPull",
      "CreateContainerConfigError",
      "ContainerCreating",
    ])
      assert.equal(
        lastingCauseOf(pod({ restartCount: 9, state: { waiting: { reason, message: "x" } } })),
        undefined,
        reason,
      );
    assert.equal(lastingCauseOf(pod({ state: invalid }, { deletionTimestamp: new Date() })), undefined);
    assert.equal(lastingCauseOf({ metadata: { name: "x" } }), undefined);
  });

  it("is told while the provider waits, whom only Ctrl-C reaches", () => {
    const told = holdupsOf({ pods: [unnamed], events: [], makers: [] }).map(({ line }) => line);
    assert.deepEqual(told, [
      `${cause}. Waiting does not help: end this update (Ctrl-C), and run \`pulumi up\` again after the edit`,
    ]);
  });

  it("ends the check at the end of an update at once, and is told in preview", async () => {
    const seen = ring({
      pods: last({ ready: false, running: false, trouble: "InvalidImageName", lastingCause: cause }),
    });
    assert.ok(waits(seen).isInVain);
    assert.equal(describeStep(waits(seen), seen), `the ring is not complete: ${cause}`);
    const { run, done } = sceneOf([{ ...one, pods: [{ ...one.pods[0], ready: false, lastingCause: cause }] }, one]);
    await assert.rejects(run(), {
      message: `the ring is not complete: ${cause}. Run \`pulumi up\` again after the edit`,
    });
    assert.deepEqual(done, []);
  });

  /** Restarts a ring of one whose pod is as told at the first look, and serves at the next one. @returns what was deleted */
  async function restart(found: V1Pod): Promise<string[]> {
    const serves = of("new", {});
    serves.status!.conditions = [{ type: "Ready", status: "True" }];
    const looks = [found];
    const pods = {
      get items() {
        return [looks.shift() ?? serves];
      },
    };
    const namespaced = "/api/v1/namespaces/db/pods";
    const written: string[] = [];
    await withApiServer({ [namespaced]: pods, [`${namespaced}/cassandra-2`]: found }, async (kubeconfig, asked) => {
      const args = { name: "cassandra", namespace: "db", selector: { app: "x" }, replicas: 1, revision: "new" };
      const parent = new pulumi.ComponentResource("x:y:Z", "parent");
      await record(() => new RollingRestart("cassandra", { ...args, cluster: { kubeconfig } }, { parent }));
      const goal = { namespace: "db", replicas: 1, revision: "new" };
      await callHook("cassandra-rolling-update", { oldInputs: { ...goal, revision: "old" }, newInputs: goal });
      written.push(...asked.map(({ method, path }) => `${method} ${path}`));
    });
    return written;
  }
  const of = (revision: string, state: object) => pod({ state }, { annotations: { "cassandra/revision": revision } });

  it("ends a rolling restart at once where the new template has it, and does not where the old one has it", async () => {
    await assert.rejects(restart(of("new", invalid)), {
      message: `ring cassandra: ${cause}. Run \`pulumi up\` again after the edit: it goes on where it stopped`,
    });
    assert.deepEqual(await restart(of("new", { waiting: { reason: "ImagePullBackOff" } })), []);
    assert.deepEqual(await restart(of("old", invalid)), ["DELETE /api/v1/namespaces/db/pods/cassandra-2"]);
  });
});
