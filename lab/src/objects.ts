/** The lab's own access to its API server. */
import type { CoreV1Api, KubeConfig, KubernetesObject } from "@kubernetes/client-node";
import { readFile } from "node:fs/promises";
import type { KubernetesObjectApi, V1PolicyRule } from "@kubernetes/client-node";

export interface Connection {
  config: KubeConfig;
  core: CoreV1Api;
  objects: KubernetesObjectApi;
}

/** The client library takes more than half a second to load, so only commands that talk to the cluster load it. */
export async function connect(kubeconfig: string): Promise<Connection> {
  const { CoreV1Api, KubeConfig, KubernetesObjectApi } = await import("@kubernetes/client-node");

  /** Gives the API server a minute to accept a connection: on a machine that is busy it may need more than the library's ten seconds. */
  class PatientKubeConfig extends KubeConfig {
    override createDispatcherOptions(
      ...args: Parameters<KubeConfig["createDispatcherOptions"]>
    ): ReturnType<KubeConfig["createDispatcherOptions"]> {
      const options = super.createDispatcherOptions(...args);
      return options.type === "agent" ? { ...options, connect: { ...options.connect, timeout: 60_000 } } : options;
    }
  }

  const config = new PatientKubeConfig();
  config.loadFromFile(kubeconfig);
  return { config, core: config.makeApiClient(CoreV1Api), objects: KubernetesObjectApi.makeApiClient(config) };
}

/** Makes each object, or makes an existing one equal to it where it says something. */
export async function apply({ objects }: Connection, wanted: KubernetesObject[]): Promise<void> {
  const { ApiException, PatchStrategy } = await import("@kubernetes/client-node");
  for (const object of wanted) {
    try {
      await objects.patch(object, undefined, undefined, "lab", true, PatchStrategy.ServerSideApply);
    } catch (error) {
      const reason = error instanceof ApiException ? String(error.body) : (error as Error).message;
      throw new Error(`The API server refuses ${object.kind} ${object.metadata?.name}: ${reason}`);
    }
  }
}

/** The objects in a file of YAML. */
export async function objectsIn(file: string): Promise<KubernetesObject[]> {
  const { loadAllYaml } = await import("@kubernetes/client-node");
  const documents = (await readFile(file, "utf8")).split(/^---$/m);
  // The library stumbles over documents that are empty, or hold a comment alone.
  const ofObjects = documents.filter((text) => /^kind:/m.test(text));
  return ofObjects.flatMap((text) => loadAllYaml(text) as KubernetesObject[]);
}

/** A role of the user's own name that allows these rules in the whole cluster, and its binding. */
export function grant(user: string, rules: V1PolicyRule[]): KubernetesObject[] {
  const apiGroup = "rbac.authorization.k8s.io";
  const head = { apiVersion: `${apiGroup}/v1`, metadata: { name: user } };
  const binding = {
    ...head,
    kind: "ClusterRoleBinding",
    roleRef: { apiGroup, kind: "ClusterRole", name: user },
    subjects: [{ apiGroup, kind: "User", name: user }],
  };
  const role = { ...head, kind: "ClusterRole", rules };
  return [role, binding];
}
