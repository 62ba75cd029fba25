import type {
  AppsV1Api,
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
import { KubeContext, readKubeconfig } from "./kubeconfig";
import { selectorText } from "../objects/labels";

export type { KubeContext };

/** Which cluster, with what the kubernetes provider sees of it. */
export interface VerifiedKubeContext extends KubeContext {
  /** What the provider itself sees of the cluster that it acts on (`KubernetesCluster`). @default not compared */
  seen?: Promise<ClusterIdentity>;
}

/** What tells one cluster from all others, whatever address it has: the UID of its namespace `kube-system`. */
export interface ClusterIdentity {
  /** Undefined in the preview of a provider that is yet to be made. */
  uid?: string;
}

/** Namespace that every cluster has from its first hour to its last. */
export const identifyingNamespace = "kube-system";

/** A pod by its name. */
export interface PodReference {
  namespace: string;
  pod: string;
}

/** The very cluster that the provider's resources go to, for steps that are more than writing an object. */
export class KubernetesClient {
  private constructor(
    private readonly config: KubeConfig,
    readonly core: CoreV1Api,
    readonly apps: AppsV1Api,
    readonly storage: StorageV1Api,
    /** Objects of any kind. */
    readonly objects: KubernetesObjectApi,
  ) {}

  private static readonly compared = new WeakMap<VerifiedKubeContext, Promise<KubernetesClient>>();

  /**
   * The way to the cluster that the provider acts on.
   * @throws {Error} when the kubeconfig has no such context, and when it leads to another cluster than the provider's
   */
  static async connect(kubeContext: VerifiedKubeContext = {}): Promise<KubernetesClient> {
    if (!kubeContext.seen) return KubernetesClient.open(kubeContext);
    const known = KubernetesClient.compared.get(kubeContext);
    if (known) return known;
    const connection = KubernetesClient.compare(kubeContext, kubeContext.seen);
    KubernetesClient.compared.set(kubeContext, connection);
    // What could not be checked is looked at anew.
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
        `the kubernetes provider acts on the cluster whose namespace ${identifyingNamespace} has UID ${uid}, and ${name} (${server}), ` +
          `which the same settings lead to here, has UID ${metadata!.uid}: nothing was touched. \`kubernetes:kubeconfig\`, ` +
          "`kubernetes:context` and `kubernetes:cluster` say which one is meant; with a provider of your own, `cluster` says it again",
      );
    }
    return cluster;
  }

  private static async open(kubeContext: KubeContext): Promise<KubernetesClient> {
    // It takes half a second to load, and most previews have no use for it.
    const { AppsV1Api, CoreV1Api, KubernetesObjectApi, StorageV1Api } = await import("@kubernetes/client-node");
    const config = await readKubeconfig(kubeContext);
    return new KubernetesClient(
      config,
      config.makeApiClient(CoreV1Api),
      config.makeApiClient(AppsV1Api),
      config.makeApiClient(StorageV1Api),
      KubernetesObjectApi.makeApiClient(config),
    );
  }

  /** Applies an object as the one who has this name does, by whom its fields belong from then on. */
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
   * @param seconds after which it is given up; it may go on in the pod
   * @returns its standard output
   * @throws {Error} with what it printed, when it fails; naming the permission, when one is missing
   */
  async exec({ namespace, pod }: PodReference, command: string[], seconds = 60): Promise<string> {
    const { Exec } = await import("@kubernetes/client-node");
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const said = Promise.all([text(stdout), text(stderr)]);
    const status = await new Promise<V1Status>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer from ${pod} within ${seconds} s`)), 1000 * seconds);
      new Exec(this.config)
        .exec(namespace, pod, "cassandra", command, stdout, stderr, null, false, (status) => {
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

/** A guard that looks at another cluster than the one that is acted on is none. */
export class WrongClusterError extends Error {}

/** Minutes within which the cluster must tell what there is; its client has no limit of its own. */
const answerTimeoutMinutes = 3;

/** What a look at the cluster finds. @throws {Error} when it takes more than three minutes, and the look's own errors */
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

/** What the API server said in place of what it was asked for. */
export type ApiErrorKind =
  /** There is no such object. */
  | "absent"
  /** This account may not do it, or is not known. */
  | "forbidden"
  /** Somebody else has changed it meanwhile, or it is another object under the same name. */
  | "conflict"
  /** Nothing that could be relied on: the server is overloaded, starting, or cannot be reached. */
  | "silent"
  /** Anything else: a command that failed in a pod, a request that is wrong. */
  | "other";

/** Tells answers apart: only "absent" says that something is not there, and only "silent" is worth asking again. */
export function apiErrorKind({ code }: Error & { code?: unknown }): ApiErrorKind {
  if (code === 404 || code === 410) return "absent";
  if (code === 401 || code === 403) return "forbidden";
  if (code === 409) return "conflict";
  if (typeof code === "number") return code >= 500 || code === 429 || code === 408 ? "silent" : "other";
  // A connection that came to nothing has a word for a code: ECONNREFUSED of the system, or UND_ERR_SOCKET of the HTTP client.
  return typeof code === "string" && /^(E[A-Z]|UND_ERR_(SOCKET|\w+_TIMEOUT)$)/.test(code) ? "silent" : "other";
}

/**
 * For looks in the midst of something long: asks again for three minutes while the API server is silent.
 * @throws {Error} the look's own errors
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
 * @param inspect what stands in the way, in words; undefined once it has come about
 * @param minutes after which it is given up when the words have not changed
 * @param pause milliseconds between two looks @default 1000
 * @throws {Error} with the words
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

/** Whether a pod takes requests. */
export function isReady({ status }: V1Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

/** For reads: undefined in place of an answer that there is none. @throws all other errors */
export function undefinedWhenNotFound(error: Error): undefined {
  if (apiErrorKind(error) !== "absent") throw error;
}

/** What an error says: the API server's own words, which name the permission that is missing, where it has some. */
export function errorMessage(error: Error & { body?: unknown }): string {
  const body = typeof error.body === "string" ? /"message":"((?:[^"\\]|\\.)*)"/.exec(error.body)?.[1] : undefined;
  return body === undefined ? error.message : (JSON.parse(`"${body}"`) as string);
}

/** A WebSocket that is refused tells no more than the number. */
function missingPermission(message: string, namespace: string): string | undefined {
  if (!/\b(401|403)\b/.test(message)) return undefined;
  return `this account may not run commands in pods: it needs the verbs get and create of pods/exec in namespace ${namespace}`;
}
