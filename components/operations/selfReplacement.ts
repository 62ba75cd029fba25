import * as pulumi from "@pulumi/pulumi";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { urnInState } from "../engine/stackState";
import { KubernetesClient } from "../kubernetes/apiClient";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { anotherAddress } from "./replacementGuard";

interface ObjectInputs {
  apiVersion: string;
  kind: string;
  metadata: { name?: string; namespace?: string };
}

/** Kinds without a namespace, of which components make objects. */
const clusterScoped = ["StorageClass", "PersistentVolume"];

/**
 * Options of a component that let no Kubernetes object in it be replaced by itself. To replace an object of a fixed name, the engine
 * creates it first. A provider that takes over what exists (`upsertExistingObjects`) takes the same object, and the engine deletes that
 * as the old one. This happens with another provider or address, `--replace`, a taint, and a component under another name.
 * @param cluster the Kubernetes cluster of the objects; undefined for that of the default provider
 */
export function withoutSelfReplacement(
  name: string,
  cluster: KubeContext | undefined,
  opts: pulumi.ComponentResourceOptions = {},
): pulumi.ComponentResourceOptions {
  const hook = refuseSelfReplacement(name, cluster);
  const addHook: pulumi.ResourceTransformation = ({ type, props, opts }) => {
    // To delete a patch leaves the object.
    if (!type.startsWith("kubernetes:") || type.endsWith("Patch")) return undefined;
    const { hooks } = opts;
    return { props, opts: { ...opts, hooks: { ...hooks, beforeCreate: [...(hooks?.beforeCreate ?? []), hook] } } };
  };
  return { ...opts, transformations: [...(opts.transformations ?? []), addHook] };
}

/** Hook before a Kubernetes object is created: refuses, in preview as well, an object that exists and that the state holds already. */
function refuseSelfReplacement(name: string, cluster: KubeContext | undefined): pulumi.ResourceHook {
  return new pulumi.ResourceHook(
    `${name}-replaces-no-object-by-itself`,
    async ({ urn, type, newInputs }) => {
      const { apiVersion, kind, metadata } = newInputs as ObjectInputs;
      const { name: object, namespace } = metadata;
      // A namespace that is yet to be made is empty.
      if (object === undefined || (namespace === undefined && !clusterScoped.includes(kind))) return;
      const id = [namespace, object].filter(Boolean).join("/");
      const what = `${kind} ${id}`;
      const inspect = async () => {
        const { objects } = await KubernetesClient.connect(cluster);
        const live = await objects
          .read({ apiVersion, kind, metadata: { name: object, namespace: namespace! } })
          .catch(undefinedWhenNotFound);
        return live && urnInState(type, id);
      };
      const held = await inspectOrWarn(`whether the state holds ${what}`, inspect, { isTold: false });
      if (held === undefined) return;
      const wayOut =
        held === urn
          ? "No edit of the stack needs that: `pulumi state untaint` takes `pulumi state taint` back, and `--replace` can be left out"
          : `The state holds it as ${held}: give the resource its former name again, or an alias of that URN`;
      throw new Error(
        `${what} is not replaced by itself: the provider would take it over, and then delete it as the old one. ${wayOut}. ${anotherAddress}`,
      );
    },
    { onDryRun: true },
  );
}
