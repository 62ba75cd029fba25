import * as pulumi from "@pulumi/pulumi";
import {
  KubernetesClient,
  VerifiedKubeContext,
  errorMessage,
  identifyingNamespace,
  WrongClusterError,
  ClusterIdentity,
} from "./apiClient";
import { KubeContext } from "./kubeconfig";
import { failUpdate } from "../engine/failUpdate";
import * as k8s from "./resources";
import { isMocked, recordedOutputs } from "../engine/recorded";

export interface KubernetesClusterArgs {
  /** Where guards find the cluster that the provider acts on. @default as the default provider finds it */
  cluster?: KubeContext;
}

/**
 * The cluster that the provider acts on. The provider itself reads what identifies it, and each guard compares that with what it sees:
 * how the provider found the cluster, nobody has to imitate. The state remembers it, and a stack that would go to another one is
 * refused. It is a resource of Pulumi's state alone, and reads one namespace.
 */
export class KubernetesCluster extends pulumi.ComponentResource {
  /** For components: the way to the cluster, which is compared. */
  readonly kubeContext: VerifiedKubeContext;
  /** For `dependsOn`: what must come after the cluster is known to be the right one. */
  readonly passed: pulumi.Output<pulumi.Resource[]>;

  constructor(name: string, args: KubernetesClusterArgs = {}, opts?: pulumi.ComponentResourceOptions) {
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
      // What comes after it never does.
      return new Promise<pulumi.Resource[]>(() => undefined);
    });
    this.registerOutputs({ uid: this.passed.apply(async () => (await seen).uid) });
  }

  /** Whether guards would look at another cluster. What else fails is left to them. */
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
 * Nothing lets it pass: what the state has in one cluster it takes for what is in the other, so that nothing would be made there, and
 * the next edit would be one of objects that nobody has.
 */
function movedFrom(was: string, uid: string): string {
  return (
    `this stack has its objects in the cluster whose namespace ${identifyingNamespace} has UID ${was}, and acts on another one now, with ` +
    `UID ${uid}: nothing was touched. Point kubernetes:kubeconfig and kubernetes:context at that one again, or make a new stack for this ` +
    "one. To have this stack here, and leave all that it has there behind as it is, forget that: `pulumi state delete --all`, then this again"
  );
}

/** The cluster that a component is told of, where it was read already; else the component has it read by its own provider. */
export function verifiedCluster(
  name: string,
  cluster: VerifiedKubeContext | undefined,
  { parent, provider, providers }: pulumi.ComponentResourceOptions = {},
): Pick<KubernetesCluster, "kubeContext" | "passed"> {
  if (cluster?.seen || isMocked()) return { kubeContext: cluster ?? {}, passed: pulumi.output([]) };
  return new KubernetesCluster(name, { cluster }, { parent, provider, providers });
}

/** Of what a preview does not know yet, no `apply` ever runs. */
async function knownUid(uid: pulumi.Output<string>): Promise<ClusterIdentity> {
  const { isKnown } = uid as unknown as { isKnown: Promise<boolean> };
  if (!(await isKnown)) return {};
  return new Promise((resolve) => uid.apply((known) => resolve({ uid: known })));
}
