/** Edits of the image of a ring of two, as the hook of its StatefulSet meets them. */
import * as pulumi from "@pulumi/pulumi";
import { PersistentCluster } from "../../../../components/index";
import { withApiServer } from "../../../support/apiServer";
import { callHook, record } from "../../../support/recorder";
import { ringArgs } from "../../../support/args";

/** Inputs of a StatefulSet, or a live one, whose pods have this image. */
export const images = (image: string) => ({
  metadata: { namespace: "db" },
  spec: { replicas: 2, template: { spec: { containers: [{ image }] } } },
});

export const pod = (name: string, image: string, isReady: boolean, status = {}) => ({
  metadata: { name },
  spec: { containers: [{ image }] },
  status: { conditions: [{ type: "Ready", status: isReady ? "True" : "False" }], ...status },
});

/** What is logged in each test of a `describe`, and the warnings of a version that no tag names. */
export function recordLog() {
  const printed: string[] = [];
  const { info, warn } = pulumi.log;
  const logTo = (levels: Record<string, unknown>) => {
    for (const [level, value] of Object.entries(levels))
      Object.defineProperty(pulumi.log, level, { value, configurable: true, writable: true });
  };
  beforeEach(() => {
    printed.length = 0;
    const print = (line: string) => Promise.resolve(void printed.push(line));
    logTo({ info: print, warn: print });
  });
  afterEach(() => logTo({ info, warn }));
  return { printed, warnings: () => printed.filter((line) => line.includes("does not name its Cassandra version")) };
}

/** @param others further objects of the API server, by their paths */
export const edit = (
  was: string,
  wanted: string,
  pods: object[],
  isPreview = true,
  refusal?: { code: number; message: string },
  others: Record<string, unknown> = {},
) =>
  withApiServer(
    { "/api/v1/namespaces/db/pods": { items: pods }, ...others },
    async (kubeconfig) => {
      const args = { ...ringArgs, replicas: 2, volumeSize: "1Gi", cluster: { kubeconfig } };
      await record(() => new PersistentCluster("cassandra", args), isPreview);
      await callHook(
        "cassandra-snapshot-before-upgrade",
        { oldInputs: images(was), newInputs: images(wanted) },
        { onDryRun: true },
      );
    },
    refusal,
  );
