import * as fs from "node:fs";
import { homedir, userInfo } from "node:os";
import { delimiter, dirname, join, resolve, sep } from "node:path";

/** A kubeconfig with the field names of its file. The JavaScript client does not read all of them. */
export interface Written {
  "current-context"?: string;
  contexts?: { name: string; context?: { cluster?: string; user?: string; namespace?: string } }[];
  clusters?: { name: string; cluster?: WrittenCluster }[];
  users?: { name: string; user?: WrittenUser }[];
}

export interface WrittenCluster {
  server?: string;
  "certificate-authority"?: string;
  "proxy-url"?: string;
  "insecure-skip-tls-verify"?: boolean;
  extensions?: { name: string; extension?: unknown }[];
  [field: string]: unknown;
}

export interface WrittenUser {
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  exec?: {
    apiVersion?: string;
    command?: string;
    env?: { name: string; value: string }[] | null;
    provideClusterInfo?: boolean;
  };
  [field: string]: unknown;
}

/** Reads `kubernetes:kubeconfig`. To the provider, a path stands for the file's contents, whose paths are relative to its own folder. */
export async function readGivenKubeconfig(kubeconfig: string): Promise<Written> {
  const path = kubeconfig.replace(/^~(?=$|\/)/, homeOfAccount);
  if (fs.existsSync(path)) return parsed("kubernetes:kubeconfig", fs.readFileSync(path, "utf8"));
  if (/[\n{]/.test(kubeconfig)) return parsed("kubernetes:kubeconfig", kubeconfig);
  throw new Error(
    `kubernetes:kubeconfig: "${kubeconfig}" is not allowed: there is no such file; allowed is a path, or the contents`,
  );
}

/** The provider takes the home folder from the system, and from HOME only if the system does not know the account. */
function homeOfAccount(): string {
  try {
    return userInfo().homedir;
  } catch {
    return homedir();
  }
}

/** Reads KUBECONFIG. Of several files, the first with an entry decides. Missing files are skipped. */
export async function readFromEnvironment({ KUBECONFIG, HOME }: NodeJS.ProcessEnv): Promise<Written> {
  const named = KUBECONFIG ? KUBECONFIG.split(delimiter) : [join(HOME || homedir(), ".kube", "config")];
  const files = await Promise.all(named.filter((file) => file && fs.existsSync(file)).map(readFile));
  return {
    "current-context": files.map((one) => one["current-context"]).find(Boolean),
    contexts: firstOfEach(files.flatMap(({ contexts }) => contexts ?? [])),
    clusters: firstOfEach(files.flatMap(({ clusters }) => clusters ?? [])),
    users: firstOfEach(files.flatMap(({ users }) => users ?? [])),
  };
}

function firstOfEach<T extends { name: string }>(entries: T[]): T[] {
  return entries.filter(({ name }, i) => entries.findIndex((one) => one.name === name) === i);
}

/** A file of KUBECONFIG. Its paths are relative to its folder. */
async function readFile(file: string): Promise<Written> {
  const title = `KUBECONFIG: ${file}`;
  const text = await fs.promises.readFile(file, "utf8").catch((error: Error) => {
    throw new Error(`${title} cannot be read: ${error.message}`);
  });
  const folder = resolve(dirname(file));
  const absolute = <T extends object>(entry: T | undefined, ...fields: (keyof T)[]): T | undefined =>
    entry && { ...entry, ...Object.fromEntries(fields.flatMap((key) => absoluteField(entry, key, folder))) };
  const { clusters = [], users = [], ...rest } = await parsed(title, text);
  return {
    ...rest,
    clusters: clusters.map((one) => ({ ...one, cluster: absolute(one.cluster, "certificate-authority") })),
    users: users.map(({ name, user }) => {
      const found = absolute(user, "client-certificate", "client-key", "tokenFile");
      // A command without a folder is found by PATH.
      const isFile = found?.exec?.command?.includes(sep);
      return { name, user: isFile ? { ...found, exec: absolute(found?.exec, "command") } : found };
    }),
  };
}

function absoluteField<T extends object>(entry: T, key: keyof T, folder: string): [keyof T, string][] {
  const path = entry[key];
  return typeof path === "string" && path ? [[key, resolve(folder, path)]] : [];
}

/** Messages do not quote the contents, which hold credentials. */
async function parsed(title: string, text: string): Promise<Written> {
  const { loadYaml } = await import("@kubernetes/client-node");
  // The client cannot read an empty document.
  const isEmpty = !text.split("\n").some((line) => !/^\s*(#.*|---)?\s*$/.test(line));
  const document = await Promise.resolve()
    .then(() => (isEmpty ? {} : loadYaml<unknown>(text)))
    .catch((error: Error) => {
      throw new Error(`${title} is no kubeconfig: it is neither YAML nor JSON: ${error.message.split("\n")[0]}`);
    });
  const isConfig = typeof document === "object" && document !== null && !Array.isArray(document);
  const { contexts, clusters, users, ...rest } = (isConfig ? document : {}) as { [key in keyof Written]: unknown };
  const wrong = Object.entries({ contexts, clusters, users }).find(([, list]) => !Array.isArray(list ?? []));
  if (!isConfig || wrong) {
    throw new Error(`${title} is no kubeconfig: ${wrong ? `its ${wrong[0]} are no list` : "it has no fields"}`);
  }
  const entries = <T>(list: unknown) => ((list ?? []) as (T | null)[]).filter((entry) => entry !== null);
  return {
    ...(rest as Written),
    contexts: entries(contexts),
    clusters: entries(clusters),
    users: entries(users),
  };
}
