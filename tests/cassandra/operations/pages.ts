/** What has to be so before each page of docs/operations is typed, in an order that needs little in between. */
import * as assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { Lab } from "../../../lab/src/lab";
import { RingStack } from "../../support/ringStack";
import { certify, nameOf, smallMembers } from "../../support/stack";

/** Where pages are followed. */
export interface Scene {
  lab: Lab;
  stack: RingStack;
  /** Writes the stack file anew: settings of a ring of small members, and these. Pages edit it afterwards. */
  configure: (settings: Record<string, unknown>) => void;
}

export interface Page {
  name: string;
  /** Whether `npm test` follows it. */
  isShort?: boolean;
  /** Members before. @default 3 */
  members?: number;
  /** Members afterwards. @default as many as before; 0 when there is no ring any more */
  after?: number;
  /** What happens first. @returns variables that blocks which are not run would set */
  before?: (scene: Scene) => Promise<Record<string, string>>;
  /** What is looked at in the end, besides the rows. */
  check?: (scene: Scene) => Promise<void>;
  /** What puts things right for the next page. */
  cleanUp?: (scene: Scene) => Promise<unknown>;
}

const nothing = {};

export const pages: Page[] = [
  { name: "status.md", isShort: true },
  { name: "alerts.md" },
  { name: "replace-lost-volume.md" },
  {
    name: "replace-lost-node.md",
    async before({ lab, stack }) {
      const [, , victim] = await stack.pods();
      await lab.faults.stopNode(Number(victim.spec.nodeName!.replace("node", "")));
      return nothing;
    },
    cleanUp: ({ lab }) => Lab.up({ name: lab.instance.name }),
  },
  { name: "scale-up.md", after: 4 },
  { name: "scale-down.md", members: 4, after: 3 },
  {
    name: "clean-up-claims.md",
    async check({ lab }) {
      const claims = await lab.kubectl(["get", "pvc", "-o", "name"]);
      assert.equal(claims.trim().split("\n").length, 3);
    },
  },
  { name: "repair.md" },
  { name: "rolling-restart.md" },
  {
    name: "upgrade-cassandra.md",
    async before({ lab, stack }) {
      const pod = await stack.get<{ spec: { containers: { image: string }[] } }>("pod", "cassandra-0");
      const [{ image }] = pod.spec.containers;
      const nodes = await stack.get<{ items: { metadata: { name: string } }[] }>("nodes");
      for (const { metadata } of nodes.items) await lab.tagImage(metadata.name, image, `${image}-again`);
      return { IMAGE: `${image}-again` };
    },
  },
  { name: "grow-volumes.md" },
  { name: "change-superuser-password.md" },
  { name: "manage-roles.md" },
  {
    name: "interrupted-update.md",
    async before({ stack }) {
      await stack.set({ maxHeap: "544M" });
      const victims = (await stack.pods()).map(({ metadata }) => metadata.uid);
      const isRestarting = async () => (await stack.pods()).some(({ metadata }) => !victims.includes(metadata.uid));
      await stack.killUp(120, isRestarting);
      return nothing;
    },
  },
  {
    name: "changed-by-hand.md",
    async before({ lab, stack }) {
      await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=2"]);
      await stack.serving(2);
      return nothing;
    },
  },
  { name: "pause-and-resume.md" },
  { name: "move-cluster.md" },
  {
    name: "renew-certificates.md",
    async before({ lab, stack }) {
      const folder = mkdtempSync(path.join(tmpdir(), "certificates-"));
      const file = (name: string) => path.join(folder, name);
      await certify("-subj", "/CN=authority", "-keyout", file("ca.key"), "-out", file("ca.crt"));
      const sign = () =>
        certify(
          "-subj",
          "/CN=member",
          "-CA",
          file("ca.crt"),
          "-CAkey",
          file("ca.key"),
          "-keyout",
          file("tls.key"),
          "-out",
          file("tls.crt"),
        );
      await sign();
      const files = ["tls.crt", "tls.key", "ca.crt"].map((name) => `--from-file=${file(name)}`);
      await lab.kubectl(["create", "secret", "generic", "cassandra-tls", ...files]);
      await stack.destroy();
      await stack.set({ tls: "secret" });
      await stack.up();
      await sign();
      return { CERTIFICATES: folder };
    },
    async cleanUp({ stack }) {
      await stack.destroy();
      await stack.unset("tls");
      await stack.up();
    },
  },
  {
    name: "delete-data.md",
    after: 0,
    async check({ lab }) {
      assert.equal((await lab.kubectl(["get", "pvc", "-o", "name"])).trim(), "");
    },
  },
  {
    name: "lost-state-file.md",
    async before({ lab, stack }) {
      await stack.pulumi("stack", "rm", "--yes", "--force", "--preserve-config");
      await lab.ensureStack(stack.name);
      return nothing;
    },
    async cleanUp({ lab, stack }) {
      await stack.destroy();
      // Objects of the state that was lost, and the data.
      const left = "pvc,configmap,serviceaccount,role,rolebinding,pdb,networkpolicy,secret";
      await lab.kubectl(["delete", left, "-l", "app=cassandra", "--wait=false"]);
    },
  },
  {
    name: "adopt-tutorial-ring.md",
    // The ring before is gone with its data by now.
    members: 0,
    after: 2,
    async before({ lab, stack, configure }) {
      await lab.kubectl(["apply", "-f", path.join(__dirname, "../adoption/cassandra.yaml")]);
      await lab.kubectl(["rollout", "status", "statefulset/cassandra", "--timeout=10m"], { timeout: 11 * 60_000 });
      await stack.oneRing(2);
      const { datacenter, clusterName } = smallMembers;
      configure({
        replicas: 2,
        auth: "none",
        datacenter,
        clusterName,
        storageClassName: "fast",
        volumeSize: "1Gi",
        persistent: { adopt: true, numTokens: 32 },
      });
      return nothing;
    },
    async check({ stack }) {
      assert.deepEqual((await stack.pods()).map(nameOf), ["cassandra-0", "cassandra-1"]);
    },
  },
];

/** Pages of which the lab can run no block, each with the test that stands for it. */
export const pagesThatAreNotRun = ["scale-ephemeral-and-daemon.md", "README.md"];
