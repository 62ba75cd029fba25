import type { V1PodSpec } from "@kubernetes/client-node";
import { settingOf, propertyName } from "../engine/propertyNames";

/**
 * Proxies of service meshes, by the name of their container, and what has the mesh add one as a native sidecar: an init container with
 * `restartPolicy: Always`, which starts before the other containers and ends after them.
 */
const proxies: Record<string, string> = {
  "istio-proxy": 'the annotation sidecar.istio.io/nativeSidecar: "true"',
  "linkerd-proxy":
    'the annotation config.beta.linkerd.io/proxy-enable-native-sidecar: "true" (config.alpha.linkerd.io before Linkerd 2.19)',
  "kuma-sidecar": "experimental.sidecarContainers of the mesh's control plane",
  ...Object.fromEntries(
    ["consul-dataplane", "envoy-sidecar", "envoy", "nginx-mesh-sidecar"].map((name) => [
      name,
      "a setting of the mesh that makes it a native sidecar",
    ]),
  ),
};

/** The proxy of a service mesh in a pod that Kubernetes asks to end at the same time as the other containers. @returns its container, if any */
export const classicProxyOf = (spec: V1PodSpec | undefined): string | undefined =>
  spec?.containers.map(({ name }) => name).find((name) => Object.keys(proxies).includes(name));

/** Pods with such a proxy. */
export interface ProxiedPods {
  /** Whose pods they are, as messages name it: `ring cassandra`. */
  subject: string;
  namespace: string;
  proxy: string;
}

/** What to do about pods that an update makes with such a proxy. */
const remedyOf = (proxy: string) =>
  `${proxies[proxy]} (in ${propertyName("podTemplatePatch")}, or for the namespace; Kubernetes 1.29 or later), or pods outside of the mesh`;

/** Warning of pods whose data outlives them. */
export const warningOfProxy = ({ subject, namespace, proxy }: ProxiedPods): string =>
  `${subject}: its pods in namespace ${namespace} have the container ${proxy}, which ends as soon as a pod is asked to end: until the pod ` +
  `has ended, it has no network, and others see it as down. Better is ${remedyOf(proxy)}`;

/** Refusal of pods whose members stream their data to the others while their pod ends. */
export const lossByProxy = ({ subject, namespace, proxy }: ProxiedPods): string =>
  `${subject} is not allowed in namespace ${namespace} as it is: its pods have the container ${proxy}, which ends as soon as a pod is asked ` +
  `to end. A member could no longer stream its data to the others then, and its data would be lost with the pod; allowed is ${remedyOf(proxy)}. ` +
  toLose();

/** The same of pods that are there and that an update would end. Nothing gives them another proxy. */
export const lossOfProxiedPods = ({ subject, namespace, proxy }: ProxiedPods): string =>
  `${subject} in namespace ${namespace}: this update ends pods that have the container ${proxy}, which ends as soon as a pod is asked to end. ` +
  "Their members cannot stream their data to the others then: rows of which no other member has a replica are lost with the pods, and the " +
  `pods themselves end after a day, unless \`kubectl delete pod -n ${namespace} POD --force\` ends them (docs/concepts/security.md). ${toLose()}`;

const toLose = () => `To lose the data: ${settingOf("acceptDataLoss", true)}`;
