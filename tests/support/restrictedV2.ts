/** OpenShift's SecurityContextConstraints restricted-v2, as its documentation lists them: what they refuse of a pod, and what they set. */

interface SecurityContext {
  runAsUser?: number;
  runAsGroup?: number;
  runAsNonRoot?: boolean;
  fsGroup?: number;
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  seLinuxOptions?: object;
  seccompProfile?: { type: string };
  capabilities?: { add?: string[]; drop?: string[] };
}

interface Container {
  name: string;
  securityContext?: SecurityContext;
  ports?: { hostPort?: number }[];
}

/** The parts of a pod's spec that the constraints look at. */
export interface PodSpec {
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  securityContext?: SecurityContext;
  initContainers?: Container[];
  containers: Container[];
  volumes?: Record<string, unknown>[];
}

/** First user and group of a namespace, and how many it has: its annotations sa.scc.uid-range and sa.scc.supplemental-groups. */
export const range = { first: 1000680000, size: 10000 };

const volumeKinds = ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim"];
const allowedVolumes = [...volumeKinds, "projected", "secret"];
const isInRange = (id: number | undefined) => id === undefined || (id >= range.first && id < range.first + range.size);

/** Why the constraints refuse a pod, a line for each reason; none if they admit it. */
export function refusalsOf(pod: PodSpec): string[] {
  const { securityContext: ofPod = {}, initContainers = [], containers, volumes = [] } = pod;
  const lines = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => pod[field]).map(String);
  // MustRunAs: the group is that of the namespace's range.
  if (!isInRange(ofPod.fsGroup)) lines.push(`fsGroup ${ofPod.fsGroup}`);
  for (const { name, ...source } of volumes)
    lines.push(
      ...Object.keys(source)
        .filter((kind) => !allowedVolumes.includes(kind))
        .map((kind) => `volume ${String(name)}: ${kind}`),
    );
  for (const { name, securityContext: own = {}, ports = [] } of [...initContainers, ...containers]) {
    const { runAsUser, seccompProfile, privileged, allowPrivilegeEscalation, capabilities = {} } = { ...ofPod, ...own };
    const { seLinuxOptions } = { ...ofPod, ...own };
    const add = (capabilities.add ?? []).filter((capability) => capability !== "NET_BIND_SERVICE");
    const wrong = {
      // MustRunAsRange.
      [`runAsUser ${runAsUser}`]: !isInRange(runAsUser),
      privileged,
      allowPrivilegeEscalation,
      [`capabilities ${add.join(", ")}`]: add.length > 0,
      [`seccompProfile ${seccompProfile?.type}`]: seccompProfile && seccompProfile.type !== "RuntimeDefault",
      seLinuxOptions,
      hostPort: ports.some(({ hostPort }) => hostPort !== undefined),
    };
    lines.push(
      ...Object.entries(wrong)
        .filter(([, isWrong]) => isWrong)
        .map(([what]) => `${name}: ${what}`),
    );
  }
  return lines;
}

/**
 * Admission policies that treat the pods of a namespace as the constraints do: whoever names no user and no group gets those of the range,
 * and whoever names others is refused. The constraints set the user of each container; that of the pod comes to the same.
 */
export function restrictedV2Policies(namespace: string): object[] {
  const name = "restricted-v2";
  const matchConstraints = {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
  };
  const ofKind = (kind: string, version: string, spec: object) => ({
    apiVersion: `admissionregistration.k8s.io/${version}`,
    kind,
    metadata: { name },
    spec,
  });
  const context = "object.spec.?securityContext";
  const picked = `Object.spec.securityContext{runAsUser: ${range.first}, fsGroup: ${range.first}}`;
  const others = "object.spec.containers + object.spec.?initContainers.orValue([])";
  return [
    ofKind("MutatingAdmissionPolicy", "v1beta1", {
      matchConstraints,
      failurePolicy: "Fail",
      reinvocationPolicy: "Never",
      matchConditions: [
        {
          name: "names-nobody",
          expression: `!${context}.?runAsUser.hasValue() && !${context}.?fsGroup.hasValue()`,
        },
      ],
      mutations: [
        {
          patchType: "ApplyConfiguration",
          applyConfiguration: { expression: `Object{spec: Object.spec{securityContext: ${picked}}}` },
        },
      ],
    }),
    ofKind("MutatingAdmissionPolicyBinding", "v1beta1", { policyName: name }),
    ofKind("ValidatingAdmissionPolicy", "v1", {
      matchConstraints,
      failurePolicy: "Fail",
      validations: [
        {
          expression: `${context}.?runAsUser.orValue(0) == ${range.first} && ${context}.?fsGroup.orValue(0) == ${range.first}`,
          message: "unable to validate against any security context constraint",
        },
        { expression: `(${others}).all(one, !one.?securityContext.?runAsUser.hasValue())` },
      ],
    }),
    ofKind("ValidatingAdmissionPolicyBinding", "v1", { policyName: name, validationActions: ["Deny"] }),
  ];
}
