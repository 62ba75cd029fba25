import { load } from "js-yaml";
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
export function readGivenKubeconfig(kubeconfig: string): Written {
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
export function readFromEnvironment({ KUBECONFIG, HOME }: NodeJS.ProcessEnv): Written {
  const named = KUBECONFIG ? KUBECONFIG.split(delimiter) : [join(HOME || homedir(), ".kube", "config")];
  const files = named.filter((file) => file && fs.existsSync(file)).map(readFile);
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
function readFile(file: string): Written {
  const title = `KUBECONFIG: ${file}`;
  const text = textOf(title, file);
  const folder = resolve(dirname(file));
  const absolute = <T extends object>(entry: T | undefined, ...fields: (keyof T)[]): T | undefined =>
    entry && { ...entry, ...Object.fromEntries(fields.flatMap((key) => absoluteField(entry, key, folder))) };
  const { clusters = [], users = [], ...rest } = parsed(title, text);
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

function textOf(title: string, file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(`${title} cannot be read: ${(error as Error).message}`);
  }
}

function absoluteField<T extends object>(entry: T, key: keyof T, folder: string): [keyof T, string][] {
  const path = entry[key];
  return typeof path === "string" && path ? [[key, resolve(folder, path)]] : [];
}

/** Messages do not quote the contents, which hold credentials. */
function parsed(title: string, text: string): Written {
  const document = documentIn(title, text);
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

/** The only document of a file; an object without fields if the file is empty. */
function documentIn(title: string, text: string): unknown {
  const isEmpty = !text.split("\n").some((line) => !/^\s*(#.*|---)?\s*$/.test(line));
  try {
    return isEmpty ? {} : load(text);
  } catch (error) {
    throw new Error(
      `${title} is no kubeconfig: it is neither YAML nor JSON: ${(error as Error).message.split("\n")[0]}`,
    );
  }
}
