import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab } from "../../../lab/src/lab";
import { smallMembers, Stack } from "../../support/stack";

export interface KubeObject {
  kind: string;
  metadata: { name: string; uid: string; generation?: number; ownerReferences?: { kind: string; name: string }[] };
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
}
export interface KubeList {
  items: KubeObject[];
}

/** Storage on folders of the nodes, which goes with the stack. */
export const minikube = {
  storage: "minikube-hostpath",
  storageClassName: "fast",
  volumeSize: "1Gi",
  volumeRetention: "delete",
};

/** Four static volumes on three nodes. */
export const localVolumes = [1, 2, 3, 1].map((node, i) => ({ node: `node${node}`, path: `/mnt/disks/${i}` }));

const kinds =
  "statefulsets,replicationcontrollers,daemonsets,deployments,jobs,pods,services,networkpolicies,configmaps,secrets,serviceaccounts,roles,rolebindings,pdb,pvc,pv,clusterroles,clusterrolebindings";

/** A stack of any topologies on simulated nodes, and what the tests ask of it. */
export class Scene {
  readonly lab: Lab;
  readonly stack: Stack;

  constructor({ lab, stack }: { lab: Lab; stack: Stack }) {
    this.lab = lab;
    this.stack = stack;
  }

  /** Writes the stack file anew: small members with these settings. */
  configure(settings: Record<string, unknown>): void {
    this.stack.configure({ ...smallMembers, ...settings });
  }

  /** Makes the namespace admit only pods that meet a Pod Security Standard. */
  enforce(level: string): Promise<string> {
    const label = `pod-security.kubernetes.io/enforce=${level}`;
    return this.lab.kubectl(["label", "--overwrite", "namespace", "default", label]);
  }

  /** All objects of the program, each with what changes when somebody edits the object. */
  async objects(): Promise<string[]> {
    const { items } = await this.stack.get<KubeList>(kinds, "-A", "-l", "app in (cassandra,cockroachdb)");
    return items.map(({ kind, metadata: { name, uid, generation } }) => `${kind} ${name} ${uid} ${generation}`).sort();
  }

  /** Waits until no object is left. The garbage collector deletes an owned object a moment after its owner. */
  async nothingLeft(): Promise<void> {
    // Real pods make their claims the owners of the ring record and of the superuser's Secret. Simulated pods do not.
    await this.lab.kubectl(["delete", "configmap,secret", "-l", "app=cassandra"]);
    for (let i = 0; (await this.objects()).length > 0; i++) {
      assert.ok(i < 60, `left: ${(await this.objects()).join("\n")}`);
      await sleep(1000);
    }
  }

  /** Destroys the stack, and asserts that this deletes every object. */
  async destroy(): Promise<void> {
    await this.stack.destroy();
    await this.nothingLeft();
  }

  /** Asserts that preview and update refuse these settings with these sentences, and that no object changes. */
  async refuses(settings: Record<string, unknown>, ...sentences: string[]): Promise<void> {
    const before = await this.objects();
    this.configure(settings);
    for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
      const printed = await this.stack.refusedWith(sentences, ...command);
      assert.doesNotMatch(printed, /^ +at .*\.ts:|unhandled exception/m, `a stack trace helps no user:\n${printed}`);
      assert.deepEqual(await this.objects(), before);
    }
  }
}
