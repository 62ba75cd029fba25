import type { KubeConfig } from "@kubernetes/client-node";
import http from "node:http";
import https from "node:https";
import { at, Values } from "../values";
import { KubeObject } from "./objects";

/** What the API server refused, in its own words. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly status: Values,
  ) {
    super(at(status, "message", `the API server answered with HTTP status ${code}`));
  }

  /** `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, ... */
  get reason(): string {
    return at(this.status, "reason", "");
  }

  /** The other field managers, when an apply was refused because they own fields with other values. */
  get conflictingManagers(): string[] {
    const causes = at<{ message: string }[]>(this.status, "details.causes", []);
    return causes.flatMap(({ message }) => message.match(/conflict with "([^"]+)"/)?.[1] ?? []);
  }
}

interface ServedKind {
  /** The name in URLs: `statefulsets`. */
  plural: string;
  namespaced: boolean;
}

/** Which object; without a name, all of its kind in the namespace. */
export type Reference = Pick<KubeObject, "apiVersion" | "kind"> & { metadata: { name?: string; namespace?: string } };

/** How long the API server may stay silent, in milliseconds. */
const silence = 30_000;

/** A Kubernetes API server, spoken to in plain JSON: no field is lost or converted on the way. */
export class Cluster {
  private readonly kinds = new Map<string, Promise<Map<string, ServedKind>>>();
  /** Closes idle connections before the API server does: a request on one that it just closed would fail. */
  private readonly agent = new https.Agent({ keepAlive: true, timeout: silence });

  private constructor(
    private readonly config: KubeConfig,
    private readonly url: URL,
  ) {}

  /**
   * Reads the kubeconfig and sees whether the cluster answers.
   * @param choice.kubeconfig a path or the contents; by default KUBECONFIG or ~/.kube/config
   */
  static async connect(choice: { kubeconfig?: string; context?: string; cluster?: string }): Promise<Cluster> {
    // A slow module that the engine's first calls do not need.
    const { readKubeconfig } = await import("../../../components/kubernetes/kubeconfig");
    const config = await readKubeconfig(choice);
    const { server } = config.getCurrentCluster()!;
    const cluster = new Cluster(config, new URL(server));
    await cluster.request("GET", "/version").catch((error: Error) => {
      if (error instanceof ApiError) throw error;
      const where = `the Kubernetes API server ${server} (context "${config.currentContext}")`;
      throw new Error(`${where} does not answer: ${error.message}; start it, or choose another kubernetes:context`);
    });
    return cluster;
  }

  /** The namespace of the current context, when it names one. */
  get namespace(): string | undefined {
    return this.config.getContextObject(this.config.currentContext)?.namespace;
  }

  /** How the API server serves a kind; nothing when it does not. */
  async served({ apiVersion, kind }: Reference): Promise<ServedKind | undefined> {
    let kinds = this.kinds.get(apiVersion);
    if (!kinds) {
      kinds = this.discover(apiVersion);
      this.kinds.set(apiVersion, kinds);
      kinds.catch(() => this.kinds.delete(apiVersion));
    }
    return (await kinds).get(kind);
  }

  /** Forgets which kinds are served, since a new definition may add to them. */
  forgetKinds(): void {
    this.kinds.clear();
  }

  private async discover(apiVersion: string): Promise<Map<string, ServedKind>> {
    type Entry = { name: string; kind: string; namespaced: boolean };
    const list = await this.request("GET", groupPath(apiVersion)).catch(nothingWhenNotFound);
    const entries = at<Entry[]>(list, "resources", []).filter(({ name }) => !name.includes("/"));
    return new Map(entries.map(({ name, kind, namespaced }) => [kind, { plural: name, namespaced }]));
  }

  private async path(reference: Reference): Promise<string> {
    const { apiVersion, kind, metadata } = reference;
    const served = await this.served(reference);
    if (!served) {
      throw new Error(`the API server does not serve kind ${kind} of ${apiVersion}: is its definition (CRD) missing?`);
    }
    const namespace = served.namespaced ? `/namespaces/${metadata.namespace ?? "default"}` : "";
    const name = metadata.name ? `/${encodeURIComponent(metadata.name)}` : "";
    return `${groupPath(apiVersion)}${namespace}/${served.plural}${name}`;
  }

  /** The live object; nothing when there is none, or when its kind is not served. */
  async get(reference: Reference): Promise<KubeObject | undefined> {
    if (!(await this.served(reference))) return undefined;
    const found = await this.request("GET", await this.path(reference)).catch(nothingWhenNotFound);
    return found as unknown as KubeObject | undefined;
  }

  async list(reference: Reference, query: Record<string, string> = {}): Promise<KubeObject[]> {
    const { apiVersion, kind, metadata } = reference;
    const path = await this.path({ apiVersion, kind, metadata: { namespace: metadata.namespace } });
    return at<KubeObject[]>(await this.request("GET", path, query), "items", []);
  }

  /** Asks what a create would do or refuse; an unknown field is refused, as server-side apply refuses it. */
  async tryCreate(object: KubeObject): Promise<KubeObject> {
    const { name, ...metadata } = object.metadata;
    const path = await this.path({ ...object, metadata });
    const query = { dryRun: "All", fieldValidation: "Strict" };
    const body = { ...object, metadata: { ...metadata, name } };
    return (await this.request("POST", path, query, "application/json", body)) as unknown as KubeObject;
  }

  /** Server-side apply. */
  async apply(object: KubeObject, options: { manager: string; force: boolean; dryRun: boolean }): Promise<KubeObject> {
    const query = {
      fieldManager: options.manager,
      force: String(options.force),
      ...(options.dryRun ? { dryRun: "All" } : {}),
    };
    const path = await this.path(object);
    const applied = await this.request("PATCH", path, query, "application/apply-patch+yaml", object);
    return applied as unknown as KubeObject;
  }

  /** Writes which managers own which fields of an object, unless it has changed since it was read. */
  async setManagedFields(object: KubeObject, managedFields: Values[]): Promise<KubeObject> {
    const patch = [
      { op: "replace", path: "/metadata/managedFields", value: managedFields },
      { op: "replace", path: "/metadata/resourceVersion", value: object.metadata.resourceVersion },
    ];
    const path = await this.path(object);
    return (await this.request("PATCH", path, {}, "application/json-patch+json", patch)) as unknown as KubeObject;
  }

  /** Asks for deletion; an object that is gone already is fine. */
  async delete(reference: Reference, propagationPolicy: string): Promise<void> {
    if (!(await this.served(reference))) return;
    const path = await this.path(reference);
    await this.request("DELETE", path, {}, "application/json", { propagationPolicy }).catch(nothingWhenNotFound);
  }

  private async request(
    method: string,
    path: string,
    query: Record<string, string> = {},
    contentType?: string,
    body?: unknown,
  ): Promise<Values> {
    const text = body === undefined ? "" : JSON.stringify(body);
    const options: https.RequestOptions = {
      method,
      headers: {
        accept: "application/json",
        ...(contentType ? { "content-type": contentType } : {}),
        // Node leaves it out for DELETE, and the server would take the body for a next request.
        "content-length": Buffer.byteLength(text),
      },
      timeout: silence,
    };
    await this.config.applyToHTTPSOptions(options);
    const secure = this.url.protocol === "https:";
    // Keeps a proxy's agent; the plain one would open a connection for each request.
    if (secure && options.agent?.constructor === https.Agent) options.agent = this.agent;
    const target = new URL(`${this.url.pathname.replace(/\/$/, "")}${path}?${new URLSearchParams(query)}`, this.url);
    return new Promise((resolve, reject) => {
      const request = (secure ? https : http).request(target, options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const answer = Buffer.concat(chunks).toString();
          const code = response.statusCode ?? 0;
          if (code >= 200 && code < 300) return resolve(JSON.parse(answer) as Values);
          reject(new ApiError(code, parsed(answer)));
        });
      });
      request.on("timeout", () => request.destroy(new Error(`no answer within ${silence / 1000} s`)));
      request.on("error", (error: NodeJS.ErrnoException) => {
        // The server has closed an idle connection while the request was on its way. Go's client, which the official plugin has, sends
        // such a request again as well. A create or a delete might be done twice.
        const isRepeatable = method === "GET" || contentType === "application/apply-patch+yaml";
        if (request.reusedSocket && error.code === "ECONNRESET" && isRepeatable)
          return resolve(this.request(method, path, query, contentType, body));
        reject(new Error(error.message || error.code));
      });
      request.end(text);
    });
  }
}

const groupPath = (apiVersion: string): string => `${apiVersion.includes("/") ? "/apis" : "/api"}/${apiVersion}`;

/** An error body need not be JSON: a proxy may have answered. */
function parsed(text: string): Values {
  try {
    return JSON.parse(text) as Values;
  } catch {
    return text ? { message: text.slice(0, 500) } : {};
  }
}

function nothingWhenNotFound(error: Error): undefined {
  if (error instanceof ApiError && error.code === 404) return undefined;
  throw error;
}
