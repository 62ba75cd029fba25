import type { Cluster as ClusterEntry, KubeConfig } from "@kubernetes/client-node";
import * as fs from "node:fs";
import { BlockList, isIP } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** Which cluster, in the words of the kubernetes provider's own configuration. */
export interface ClusterChoice {
  /** Path of a kubeconfig, also with `~/` in front, or its contents. @default KUBECONFIG, or ~/.kube/config, or a pod's own account */
  kubeconfig?: string;
  /** Context of the kubeconfig. @default its current one */
  context?: string;
  /** Cluster of the kubeconfig, in place of that of the context. */
  cluster?: string;
}

/**
 * The kubeconfig as client-go, which the provider is made with, reads it.
 * @throws {Error} when it has no such context or cluster
 */
export async function readKubeconfig({ kubeconfig, context, cluster }: ClusterChoice = {}): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  if (!kubeconfig) await loadFromEnvironment(config);
  else {
    const path = kubeconfig.replace(/^~(?=$|\/)/, homedir());
    if (/[\n{]/.test(kubeconfig)) config.loadFromString(kubeconfig);
    else if (fs.existsSync(path)) config.loadFromFile(path);
    else
      throw new Error(
        `kubernetes:kubeconfig: "${kubeconfig}" is not allowed: there is no such file; allowed are a path and contents`,
      );
  }
  if (context) config.setCurrentContext(context);
  const current = config.getContextObject(config.currentContext);
  if (!current) {
    const known = config.contexts.map(({ name }) => name).join(", ") || "none";
    throw new Error(
      `kubernetes:context: the kubeconfig has no context "${config.currentContext ?? ""}"; it has ${known}`,
    );
  }
  const name = cluster ?? current.cluster;
  const entry = config.getCluster(name);
  if (!entry) {
    const known = config.clusters.map((one) => one.name).join(", ") || "none";
    throw new Error(`kubernetes:cluster: the kubeconfig has no cluster "${name}"; it has ${known}`);
  }
  const proxyUrl = entry.proxyUrl ?? proxyFor(entry.server);
  const clusters: ClusterEntry[] = config.clusters.map((one) =>
    one === entry && proxyUrl ? { ...one, proxyUrl } : one,
  );
  const contexts = config.contexts.map((one) => (one === current ? { ...one, cluster: name } : one));
  config.loadFromOptions({ clusters, contexts, users: config.users, currentContext: config.currentContext });
  return config;
}

/**
 * Of several files in KUBECONFIG, the first one that has something decides; files that are not there are passed over. The client's own
 * reading takes the last file's context, and fails at a file that is missing.
 */
async function loadFromEnvironment(config: KubeConfig): Promise<void> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const { KUBECONFIG } = process.env;
  const named = KUBECONFIG ? KUBECONFIG.split(delimiter) : [join(homedir(), ".kube", "config")];
  const files = named.filter((file) => file && fs.existsSync(file));
  if (files.length === 0) return config.loadFromDefault();
  const all = files.map((file) => {
    const one = new KubeConfig();
    one.loadFromFile(file);
    return one;
  });
  config.loadFromOptions({
    clusters: firstOfEach(all.flatMap(({ clusters }) => clusters)),
    users: firstOfEach(all.flatMap(({ users }) => users)),
    contexts: firstOfEach(all.flatMap(({ contexts }) => contexts)),
    currentContext: all.map(({ currentContext }) => currentContext).find(Boolean) ?? "",
  });
}

function firstOfEach<T extends { name: string }>(entries: T[]): T[] {
  return entries.filter(({ name }, i) => entries.findIndex((one) => one.name === name) === i);
}

/**
 * The proxy that the environment names for a server, as Go's clients read it: HTTPS_PROXY or HTTP_PROXY, unless NO_PROXY has the server's
 * host, a domain above it, its network, or `*`; a server on this machine is reached without one.
 */
export function proxyFor(server: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { protocol, hostname, port } = new URL(server);
  const host = hostname.replace(/^\[|\]$/g, "");
  const variable = protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = env[variable] || env[variable.toLowerCase()];
  if (!proxy || host === "localhost" || (isIP(host) !== 0 && isWithin(host, ["127.0.0.0/8", "::1/128"])))
    return undefined;
  const excepted = (env.NO_PROXY || env.no_proxy || "").split(/[,\s]+/).filter(Boolean);
  const isExcepted = excepted.some((entry) => {
    if (entry === "*" || entry === host || entry === `${host}:${port}`) return true;
    if (isIP(host) !== 0) return entry.includes("/") && isWithin(host, [entry]);
    const domain = entry.replace(/^\*?\./, "");
    return host.endsWith(`.${domain}`) || (host === domain && !/^[.*]/.test(entry));
  });
  if (isExcepted) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/** Whether an address is in one of some networks: `10.0.0.0/8`. */
function isWithin(address: string, networks: string[]): boolean {
  const list = new BlockList();
  const family = (text: string) => (isIP(text) === 6 ? "ipv6" : "ipv4");
  for (const network of networks) {
    const [base, prefix] = network.split("/");
    if (isIP(base) !== 0) list.addSubnet(base, Number(prefix), family(base));
  }
  return list.check(address, family(address));
}
