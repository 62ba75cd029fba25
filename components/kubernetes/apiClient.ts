import type {
  AppsV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  KubeConfig,
  KubernetesObject,
  KubernetesObjectApi,
  StorageV1Api,
  V1Pod,
  V1Status,
} from "@kubernetes/client-node";
import type { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { apiErrorKind, missingPermission } from "./apiErrors";
import { KubeContext, readKubeconfig } from "./kubeconfig";
import { selectorText } from "../objects/labels";

export type { KubeContext };

/** Which Kubernetes cluster, with the identity that the kubernetes provider reads. */
export interface VerifiedKubeContext extends KubeContext {
  /** Identity of the cluster that the provider acts on, as it reads it (`KubernetesCluster`). @default not compared */
  seen?: Promise<ClusterIdentity>;
}

/** Identity of a cluster, whatever its address: the UID of its namespace `kube-system`. */
export interface ClusterIdentity {
  /** Undefined in the preview of a provider that is yet to be made. */
  uid?: string;
}

/** Namespace that every cluster has for as long as it exists. */
export const identifyingNamespace = "kube-system";

/** A pod by its name. */
export interface PodReference {
  namespace: string;
  pod: string;
}

/** Client of the cluster that the provider acts on, for steps that are more than writing an object. */
export class KubernetesClient {
  private constructor(
    private readonly config: KubeConfig,
    readonly core: CoreV1Api,
    readonly apps: AppsV1Api,
    readonly authorization: AuthorizationV1Api,
    readonly storage: StorageV1Api,
    /** Objects of any kind. */
    readonly objects: KubernetesObjectApi,
  ) {}

  private static readonly compared = new WeakMap<VerifiedKubeContext, Promise<KubernetesClient>>();

  /**
   * A client of the cluster that the provider acts on.
   * @throws {Error} if the kubeconfig has no such context, or leads to another cluster than the provider's
   */
  static async connect(kubeContext: VerifiedKubeContext = {}): Promise<KubernetesClient> {
    if (!kubeContext.seen) return KubernetesClient.open(kubeContext);
    const known = KubernetesClient.compared.get(kubeContext);
    if (known) return known;
    const connection = KubernetesClient.compare(kubeContext, kubeContext.seen);
    KubernetesClient.compared.set(kubeContext, connection);
    // The next call checks again what could not be checked.
    connection.catch(() => KubernetesClient.compared.delete(kubeContext));
    return connection;
  }

  private static async compare(
    kubeContext: VerifiedKubeContext,
    seen: Promise<ClusterIdentity>,
  ): Promise<KubernetesClient> {
    const [{ uid }, cluster] = await Promise.all([seen, KubernetesClient.open(kubeContext)]);
    if (uid === undefined) return cluster;
    const { metadata } = await cluster.core.readNamespace({ name: identifyingNamespace });
    if (metadata!.uid !== uid) {
      const { name, server } = cluster.config.getCurrentCluster()!;
      throw new WrongClusterError(
        `the kubernetes provider acts on the cluster whose namespace ${identifyingNamespace} has UID ${uid}, but the same settings lead ` +
          `here to ${name} (${server}), with UID ${metadata!.uid}: nothing was touched. Set \`kubernetes:kubeconfig\`, ` +
          "`kubernetes:context` and `kubernetes:cluster`; with a provider of your own, set `cluster` to the same",
      );
    }
    return cluster;
  }

  private static async open(kubeContext: KubeContext): Promise<KubernetesClient> {
    // The library takes half a second to load, and most previews do not need it.
    const { AppsV1Api, AuthorizationV1Api, CoreV1Api, KubernetesObjectApi, StorageV1Api } =
      await import("@kubernetes/client-node");
    const config = await readKubeconfig(kubeContext);
    return new KubernetesClient(
      config,
      config.makeApiClient(CoreV1Api),
      config.makeApiClient(AppsV1Api),
      config.makeApiClient(AuthorizationV1Api),
      config.makeApiClient(StorageV1Api),
      KubernetesObjectApi.makeApiClient(config),
    );
  }

  /** Applies an object as this field manager, which owns the fields from then on. */
  async apply(object: KubernetesObject, fieldManager: string): Promise<void> {
    const { PatchStrategy } = await import("@kubernetes/client-node");
    await this.objects.patch(object, undefined, undefined, fieldManager, true, PatchStrategy.ServerSideApply);
  }

  /** Pods of a namespace that have these labels. */
  async pods(namespace: string, selector: Record<string, string>): Promise<V1Pod[]> {
    const { items } = await this.core.listNamespacedPod({ namespace, labelSelector: selectorText(selector) });
    return items;
  }

  /**
   * Runs a command in the Cassandra container of a pod.
   * @param seconds time-out; the command may go on in the pod
   * @param input for the command's standard input, whose end the command must find by itself
   * @returns its standard output
   * @throws {Error} with the output, if the command fails; with the missing permission, if one is missing
   */
  async exec({ namespace, pod }: PodReference, command: string[], seconds = 60, input?: string): Promise<string> {
    const { Exec } = await import("@kubernetes/client-node");
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    // It never ends: before version 5 of the protocol, its end would close the connection.
    const stdin = input === undefined ? null : new PassThrough();
    stdin?.write(input);
    const said = Promise.all([text(stdout), text(stderr)]);
    const status = await new Promise<V1Status>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer from ${pod} within ${seconds} s`)), 1000 * seconds);
      new Exec(this.config)
        .exec(namespace, pod, "cassandra", command, stdout, stderr, stdin, false, (status) => {
          clearTimeout(timer);
          resolve(status);
        })
        .then((socket: EventEmitter) => {
          socket.on("close", () => {
            clearTimeout(timer);
            reject(new Error(`the connection to ${pod} broke off`));
          });
        })
        .catch((error: Error | { message: string }) => {
          clearTimeout(timer);
          const missing = missingPermission(error.message, namespace);
          reject(missing ? Object.assign(new Error(missing), { code: 403 }) : new Error(`${pod}: ${error.message}`));
        });
    }).finally(() => {
      stdout.end();
      stderr.end();
    });
    const [printed, complaint] = await said;
    if (status.status !== "Success") throw new Error(`${pod}: ${command.join(" ")}: ${complaint || status.message}`);
    return printed;
  }
}

/** The guards would look at another cluster than the provider acts on. */
export class WrongClusterError extends Error {}

/** Minutes within which the API server must answer. The client has no time-out of its own. */
const answerTimeoutMinutes = 3;

/** What an inspection of the cluster finds. @throws {Error} after three minutes, and the inspection's own errors */
export async function withAnswerTimeout<T>(inspect: () => Promise<T>): Promise<T> {
  const late = new AbortController();
  const noAnswer = async (): Promise<never> => {
    await sleep(answerTimeoutMinutes * 60_000, undefined, { signal: late.signal });
    throw new Error(`the cluster has not answered within ${answerTimeoutMinutes} minutes`);
  };
  try {
    return await Promise.race([inspect(), noAnswer()]);
  } finally {
    late.abort();
  }
}

/**
 * Inspects the cluster during a long step: retries for three minutes while the API server is silent.
 * @throws {Error} the inspection's own errors
 */
export async function retryWhileUnavailable<T>(inspect: () => Promise<T>): Promise<T> {
  for (const end = Date.now() + answerTimeoutMinutes * 60_000; ; await sleep(2000)) {
    try {
      return await inspect();
    } catch (error) {
      if (apiErrorKind(error as Error) !== "silent" || Date.now() > end) throw error;
    }
  }
}

/**
 * Waits for something in the cluster.
 * @param inspect says what is still missing; undefined once nothing is
 * @param minutes time-out while `inspect` says the same
 * @param pause milliseconds between two inspections @default 1000
 * @throws {Error} what is still missing, after the time-out
 */
export async function waitUntilClear(
  inspect: () => Promise<string | undefined>,
  minutes: number,
  pause = 1000,
): Promise<void> {
  let [said, since] = ["", Date.now()];
  for (;;) {
    const why = await retryWhileUnavailable(inspect);
    if (why === undefined) return;
    if (why !== said) [said, since] = [why, Date.now()];
    if (Date.now() - since > minutes * 60_000) throw new Error(`for ${minutes} minutes: ${why}`);
    await sleep(pause);
  }
}
