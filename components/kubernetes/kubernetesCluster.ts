import * as pulumi from "@pulumi/pulumi";
import { checkedArgs } from "../args/checkedArgs";
import {
  KubernetesClient,
  VerifiedKubeContext,
  identifyingNamespace,
  WrongClusterError,
  ClusterIdentity,
} from "./apiClient";
import { errorMessage } from "./apiErrors";
import { KubeContext } from "./kubeconfig";
import { failUpdate } from "../engine/failUpdate";
import * as k8s from "./resources";
import { isMocked, recordedOutputs } from "../engine/recorded";

export interface KubernetesClusterArgs {
  /** How guards find the cluster that the provider acts on. @default as the default provider finds it */
  cluster?: KubeContext;
}

/**
 * The cluster that the provider acts on. The provider itself reads the identity of the cluster, and each guard compares it with the
 * cluster that the guard reads, so that no guard has to find the cluster as the provider does. The state remembers the identity, and a
 * stack that acts on another cluster is refused. This resource is in Pulumi's state alone, and reads one namespace.
 */
export class KubernetesCluster extends pulumi.ComponentResource {
  /** For components: how to reach the cluster, with the identity to compare. */
  readonly kubeContext: VerifiedKubeContext;
  /** For `dependsOn`: what must come after the cluster is known to be the right one. */
  readonly passed: pulumi.Output<pulumi.Resource[]>;

  constructor(name: string, given: KubernetesClusterArgs = {}, opts?: pulumi.ComponentResourceOptions) {
    const args = checkedArgs("KubernetesCluster", name, given);
    super("cassandra:index:KubernetesCluster", name, {}, opts);
    const { cluster = {} } = args;
    if (isMocked()) {
      this.kubeContext = cluster;
      this.passed = pulumi.output([]);
      this.registerOutputs({});
      return;
    }
    const namespace = k8s.core.v1.Namespace.get(name, identifyingNamespace, { parent: this });
    const seen = knownUid(namespace.metadata.uid);
    this.kubeContext = { ...cluster, seen };
    const memory = recordedOutputs<{ uid: string }>(this);
    this.passed = this.urn.apply(async () => {
      const [{ uid }, { uid: was }] = await Promise.all([seen, memory]);
      const wrong = was && uid && was !== uid ? movedFrom(was, uid) : await this.problem();
      if (!wrong) return [];
      failUpdate(wrong);
      // Nothing that depends on this may run.
      return new Promise<pulumi.Resource[]>(() => undefined);
    });
    this.registerOutputs({ uid: this.passed.apply(async () => (await seen).uid) });
  }

  /** Why guards would look at another cluster. Other errors are left to the guards. */
  private async problem(): Promise<string | undefined> {
    try {
      await KubernetesClient.connect(this.kubeContext);
    } catch (error) {
      if (error instanceof WrongClusterError) return error.message;
      await pulumi.log.debug(errorMessage(error as Error), this);
    }
    return undefined;
  }
}

/**
 * No setting lets this pass: Pulumi would take the objects in the state for objects of the other cluster, and so create nothing there, and
 * the next edit would change objects that do not exist.
 */
function movedFrom(was: string, uid: string): string {
  return (
    `this stack has its objects in the cluster whose namespace ${identifyingNamespace} has UID ${was}, and acts on another one now, with ` +
    `UID ${uid}: nothing was touched. Set kubernetes:kubeconfig and kubernetes:context to the first cluster again, or make a new stack ` +
    "for this one. To use this stack here, and leave its objects there behind: `pulumi state delete --all`, then this command again"
  );
}

/** The cluster that a component is given, if its identity was read; else the component's own provider reads it. */
export function verifiedCluster(
  name: string,
  cluster: VerifiedKubeContext | undefined,
  { parent, provider, providers }: pulumi.ComponentResourceOptions = {},
): Pick<KubernetesCluster, "kubeContext" | "passed"> {
  if (cluster?.seen || isMocked()) return { kubeContext: cluster ?? {}, passed: pulumi.output([]) };
  return new KubernetesCluster(name, { cluster }, { parent, provider, providers });
}

/** The UID; empty if a preview does not know it yet, since `apply` would never run. */
async function knownUid(uid: pulumi.Output<string>): Promise<ClusterIdentity> {
  const { isKnown } = uid as unknown as { isKnown: Promise<boolean> };
  if (!(await isKnown)) return {};
  return new Promise((resolve) => uid.apply((known) => resolve({ uid: known })));
}
