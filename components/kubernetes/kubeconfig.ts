import type { KubeConfig } from "@kubernetes/client-node";
import * as fs from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { readGivenKubeconfig, readFromEnvironment, Written, WrittenCluster, WrittenUser } from "./kubeconfigFiles";
import { proxyFor } from "./proxy";
import { emptyKubeConfig } from "./requests";

/** Which Kubernetes cluster, as in the configuration of the kubernetes provider. */
export interface KubeContext {
  /** Path of a kubeconfig, also with `~/` in front, or its contents. @default KUBECONFIG, or ~/.kube/config, or a pod's own account */
  kubeconfig?: string;
  /** Context of the kubeconfig. @default its current one */
  context?: string;
  /** Cluster of the kubeconfig. @default the cluster of the context */
  cluster?: string;
}

/** Where a kubeconfig is found if none is given. */
export interface Surroundings {
  /** @default the environment of this process */
  env?: NodeJS.ProcessEnv;
  /** Folder with the account of a pod. @default where Kubernetes mounts it */
  accountFolder?: string;
}

/** One context, all that the JavaScript client is given: so it reads nothing differently from client-go. */
interface Chosen {
  context: { name: string; cluster: string; user: string; namespace?: string };
  cluster: WrittenCluster;
  user: WrittenUser;
}

/**
 * The kubeconfig as client-go reads it, the library of the provider.
 * @throws {Error} if it has no such context or cluster, or names none
 */
export async function readKubeconfig(
  kubeContext: KubeContext = {},
  { env = process.env, accountFolder = accountInPod }: Surroundings = {},
): Promise<KubeConfig> {
  const { written, chosen } = choose(kubeContext, env, accountFolder);
  if (!chosen) {
    const { KUBECONFIG } = env;
    const where = kubeContext.kubeconfig
      ? "kubernetes:kubeconfig has no current context"
      : `${KUBECONFIG ? `KUBECONFIG "${KUBECONFIG}"` : "~/.kube/config"} has no current context, or does not exist`;
    const known = namesOf(written.contexts);
    throw new Error(
      `${where}: no cluster is named; set kubernetes:context to one of its contexts (${known}), or ` +
        "kubernetes:kubeconfig or KUBECONFIG to the path of a kubeconfig that has one",
    );
  }
  return loaded(chosen, env);
}

/**
 * The namespace in which the provider makes objects that name none: that of the context, or that of the pod that runs this program.
 * @returns undefined if there is none, or if the kubeconfig cannot be read, of which the guards tell
 */
export function namespaceOfContext(
  kubeContext: KubeContext = {},
  { env = process.env, accountFolder = accountInPod }: Surroundings = {},
): string | undefined {
  try {
    return choose(kubeContext, env, accountFolder).chosen?.context.namespace || undefined;
  } catch {
    return undefined;
  }
}

/** What is written in the kubeconfig, and the context to use; undefined if none is named. */
function choose(
  kubeContext: KubeContext,
  env: NodeJS.ProcessEnv,
  accountFolder: string,
): { written: Written; chosen?: Chosen } {
  const { kubeconfig } = kubeContext;
  const written = kubeconfig ? readGivenKubeconfig(kubeconfig) : readFromEnvironment(env);
  const account = () => (kubeconfig ? undefined : accountOfPod(accountFolder, env));
  return { written, chosen: chosenOf(written, kubeContext) ?? account() };
}

const accountInPod = "/var/run/secrets/kubernetes.io/serviceaccount";

const namesOf = (entries: { name: string }[] = []) => entries.map(({ name }) => name).join(", ") || "none";

/** The context, cluster and user to use; undefined if none is named. */
function chosenOf({ contexts, clusters, users, ...written }: Written, kubeContext: KubeContext): Chosen | undefined {
  const name = kubeContext.context || written["current-context"] || "";
  const context = contexts?.find((one) => one.name === name)?.context;
  if (name && !context) {
    throw new Error(`kubernetes:context: the kubeconfig has no context "${name}"; it has ${namesOf(contexts)}`);
  }
  const clusterName = kubeContext.cluster || context?.cluster;
  if (!clusterName) return undefined;
  const cluster = clusters?.find((one) => one.name === clusterName)?.cluster;
  if (!cluster?.server) {
    throw new Error(`kubernetes:cluster: the kubeconfig has no cluster "${clusterName}"; it has ${namesOf(clusters)}`);
  }
  const { user: userName = "none", namespace } = context ?? {};
  const user = users?.find((one) => one.name === userName)?.user ?? {};
  return { context: { name: name || clusterName, cluster: clusterName, user: userName, namespace }, cluster, user };
}

/** The service account of the pod that runs this program; undefined outside of pods. */
function accountOfPod(folder: string, env: NodeJS.ProcessEnv): Chosen | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  const tokenFile = join(folder, "token");
  if (!host || !port || !fs.existsSync(tokenFile)) return undefined;
  const [authority, namespace] = [join(folder, "ca.crt"), join(folder, "namespace")];
  return {
    context: {
      name: "pod",
      cluster: "pod",
      user: "pod",
      ...(fs.existsSync(namespace) && { namespace: fs.readFileSync(namespace, "utf8").trim() }),
    },
    cluster: {
      server: `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
      ...(fs.existsSync(authority) && { "certificate-authority": authority }),
    },
    user: { tokenFile },
  };
}

type Authenticator = Parameters<KubeConfig["addAuthenticator"]>[0];
type User = Parameters<Authenticator["isAuthProvider"]>[0];

const fileWith = ({ authProvider }: User) =>
  (authProvider as { config?: { bearerTokenFile?: string } } | null)?.config?.bearerTokenFile;

/** Reads the token for each request: Kubernetes replaces the token before it expires. */
const tokenInFile: Authenticator = {
  isAuthProvider: (user) => fileWith(user) !== undefined,
  applyAuthentication: (user, options: { headers?: object }) => {
    const token = fs.readFileSync(fileWith(user)!, "utf8").trim();
    options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
    return Promise.resolve();
  },
};

async function loaded({ context, cluster, user }: Chosen, env: NodeJS.ProcessEnv): Promise<KubeConfig> {
  const config = await emptyKubeConfig();
  config.addAuthenticator(tokenInFile);
  const server = /^\w+:\/\//.test(cluster.server!) ? cluster.server! : `http://${cluster.server}`;
  const isSecure = server.startsWith("https:");
  config.loadFromString(
    JSON.stringify({
      "current-context": context.name,
      contexts: [{ name: context.name, context }],
      clusters: [
        {
          name: context.cluster,
          cluster: {
            ...cluster,
            server,
            "proxy-url": cluster["proxy-url"] || proxyFor(server, env),
            // The client accepts a server without TLS only with this.
            ...(!isSecure && { "insecure-skip-tls-verify": true }),
          },
        },
      ],
      // client-go sends no credentials over a connection without TLS.
      users: [{ name: context.user, user: isSecure ? credentials(user, cluster) : {} }],
    }),
  );
  return config;
}

/** The credentials that client-go uses, of several. */
function credentials(user: WrittenUser, cluster: WrittenCluster): WrittenUser {
  const { exec, tokenFile, ...rest } = user;
  if (tokenFile && !rest.token)
    return { ...rest, "auth-provider": { name: "file", config: { bearerTokenFile: tokenFile } } };
  const knows = rest.token || rest.username || rest["client-certificate"] || rest["client-certificate-data"];
  if (!exec || knows) return rest;
  // Tells a credential plugin which version of its API is used.
  const asked = {
    kind: "ExecCredential",
    apiVersion: exec.apiVersion,
    spec: { interactive: false, ...(exec.provideClusterInfo && { cluster: clusterInfo(cluster) }) },
  };
  const env = [...(exec.env ?? []), { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(asked) }];
  return { ...rest, exec: { ...exec, env } };
}

/** A cluster as `client.authentication.k8s.io` describes it. */
function clusterInfo(cluster: WrittenCluster): object {
  const file = cluster["certificate-authority"];
  return {
    server: cluster.server,
    "tls-server-name": cluster["tls-server-name"],
    "insecure-skip-tls-verify": cluster["insecure-skip-tls-verify"],
    "certificate-authority-data":
      cluster["certificate-authority-data"] ?? (file && fs.readFileSync(file).toString("base64")),
    "proxy-url": cluster["proxy-url"],
    config: cluster.extensions?.find(({ name }) => name === "client.authentication.k8s.io/exec")?.extension,
  };
}
