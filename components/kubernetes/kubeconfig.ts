import type { KubeConfig } from "@kubernetes/client-node";
import * as fs from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { readGivenKubeconfig, readFromEnvironment, Written, WrittenCluster, WrittenUser } from "./kubeconfigFiles";
import { proxyFor } from "./proxy";
import { emptyKubeConfig } from "./requests";

/** Which cluster, in the words of the kubernetes provider's own configuration. */
export interface KubeContext {
  /** Path of a kubeconfig, also with `~/` in front, or its contents. @default KUBECONFIG, or ~/.kube/config, or a pod's own account */
  kubeconfig?: string;
  /** Context of the kubeconfig. @default its current one */
  context?: string;
  /** Cluster of the kubeconfig, in place of that of the context. */
  cluster?: string;
}

/** What a choice that says nothing falls back to. */
export interface Surroundings {
  /** @default the environment of this process */
  env?: NodeJS.ProcessEnv;
  /** Folder with the account of a pod. @default where Kubernetes mounts it */
  accountFolder?: string;
}

/** What the JavaScript client is given of one context: it reads nothing else, and so nothing differently from client-go. */
interface Chosen {
  context: { name: string; cluster: string; user: string; namespace?: string };
  cluster: WrittenCluster;
  user: WrittenUser;
}

/**
 * The kubeconfig as client-go, which the provider is made with, reads it.
 * @throws {Error} when it has no such context or cluster, or names none
 */
export async function readKubeconfig(
  kubeContext: KubeContext = {},
  { env = process.env, accountFolder = "/var/run/secrets/kubernetes.io/serviceaccount" }: Surroundings = {},
): Promise<KubeConfig> {
  const written = kubeContext.kubeconfig
    ? await readGivenKubeconfig(kubeContext.kubeconfig)
    : await readFromEnvironment(env);
  const chosen =
    chosenOf(written, kubeContext) ?? (kubeContext.kubeconfig ? undefined : accountOfPod(accountFolder, env));
  if (!chosen) {
    const { KUBECONFIG } = env;
    const where = kubeContext.kubeconfig
      ? "kubernetes:kubeconfig has no current context"
      : `${KUBECONFIG ? `KUBECONFIG "${KUBECONFIG}"` : "~/.kube/config"} has no current context, or is not there`;
    const known = namesOf(written.contexts);
    throw new Error(
      `${where}: nothing says which cluster is meant; set kubernetes:context to one of its contexts (${known}), or ` +
        "kubernetes:kubeconfig or KUBECONFIG to the path of a kubeconfig that has one",
    );
  }
  return loaded(chosen, env);
}

const namesOf = (entries: { name: string }[] = []) => entries.map(({ name }) => name).join(", ") || "none";

/** The entry that is in force; undefined where none is named. */
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

/** The account of the pod that this runs in; undefined outside of pods. */
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

/** A token that is read for each request: Kubernetes writes another one before it expires. */
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
            // The client has a server without TLS in no other way.
            ...(!isSecure && { "insecure-skip-tls-verify": true }),
          },
        },
      ],
      // Over a connection that anybody reads, client-go sends no credentials.
      users: [{ name: context.user, user: isSecure ? credentials(user, cluster) : {} }],
    }),
  );
  return config;
}

/** Of several ways to log in, the one that client-go takes. */
function credentials(user: WrittenUser, cluster: WrittenCluster): WrittenUser {
  const { exec, tokenFile, ...rest } = user;
  if (tokenFile && !rest.token)
    return { ...rest, "auth-provider": { name: "file", config: { bearerTokenFile: tokenFile } } };
  const knows = rest.token || rest.username || rest["client-certificate"] || rest["client-certificate-data"];
  if (!exec || knows) return rest;
  // Programs that give credentials learn from it in which version they are asked for.
  const asked = {
    kind: "ExecCredential",
    apiVersion: exec.apiVersion,
    spec: { interactive: false, ...(exec.provideClusterInfo && { cluster: clusterInfo(cluster) }) },
  };
  const env = [...(exec.env ?? []), { name: "KUBERNETES_EXEC_INFO", value: JSON.stringify(asked) }];
  return { ...rest, exec: { ...exec, env } };
}

/** A cluster in the words of `client.authentication.k8s.io`. */
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
