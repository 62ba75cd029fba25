import * as pulumi from "@pulumi/pulumi";
import { mustBe, refusalLine } from "../components/args/refusal";
import { shapes } from "../components/args/shapes";
import { shown } from "../components/args/shownValue";
import { isMocked } from "../components/engine/recorded";
import { KubeContext, namespaceOfContext } from "../components/kubernetes/kubeconfig";
import type { StackConfig } from "./stackConfig";

/** The namespace in which the provider makes objects that name none: that of its config, of the kubeconfig's context, or `default`. */
export function namespaceOfProvider(): string {
  const namespace = new pulumi.Config("kubernetes").get("namespace");
  if (!namespace) {
    // Unit tests have no cluster, and must not depend on the kubeconfig of whoever runs them.
    const isUnitTest = isMocked() || !pulumi.runtime.hasMonitor();
    return (isUnitTest ? undefined : namespaceOfContext(clusterOfProvider())) ?? "default";
  }
  const { is, allowed } = shapes.namespace;
  if (is(namespace)) return namespace;
  throw new pulumi.RunError(refusalLine("kubernetes:namespace", shown(namespace), { rule: mustBe(allowed) }));
}

/**
 * Config of the kubernetes provider, read as the provider reads it: its own config first, then the environment. The kubeconfig is not
 * looked up in the environment here: the guards' client does that itself.
 */
export function providerConfig(): Pick<StackConfig, "cluster" | "takesOver"> {
  const config = new pulumi.Config("kubernetes");
  const folder = config.get("renderYamlToDirectory");
  if (folder) {
    throw new pulumi.RunError(
      `kubernetes:renderYamlToDirectory: invalid value "${folder}": must be left out; this program looks at rings in a cluster, and a ` +
        "folder of files is none",
    );
  }
  const takesOver = config.get("upsertExistingObjects") ?? process.env.PULUMI_K8S_UPSERT_EXISTING_OBJECTS;
  return {
    cluster: clusterOfProvider(),
    takesOver: takesOver === "true",
  };
}

function clusterOfProvider(): KubeContext {
  const config = new pulumi.Config("kubernetes");
  const [kubeconfig, context, cluster] = ["kubeconfig", "context", "cluster"].map((key) => config.get(key));
  return { ...(kubeconfig && { kubeconfig }), ...(context && { context }), ...(cluster && { cluster }) };
}
