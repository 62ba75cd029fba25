import * as k8s from "../kubernetes/resources";

/** User and group of the official Cassandra image. */
export const cassandraUser = 999;

/** Who says as which user pods run: with `restricted` the program, with `openshift` the SCC restricted-v2. */
export const PodSecurity = { Restricted: "restricted", OpenShift: "openshift" } as const;
export type PodSecurity = (typeof PodSecurity)[keyof typeof PodSecurity];

/**
 * What the Pod Security Standard `restricted` demands of a pod that runs as one user, whose group owns the volumes.
 * @param kind with `openshift`, the pod names neither user nor group: the SCC restricted-v2 picks both from the range of the pod's
 *   namespace, and refuses a pod that names others
 */
export function podSecurity(
  user: number,
  kind: PodSecurity = "restricted",
): k8s.types.input.core.v1.PodSecurityContext {
  const isNamed = kind === "restricted";
  return {
    ...(isNamed && { runAsUser: user, runAsGroup: user }),
    runAsNonRoot: true,
    ...(isNamed && { fsGroup: user }),
    // To change the owner of every file of a large volume would delay each restart.
    fsGroupChangePolicy: "OnRootMismatch",
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** What the same standard demands of each container. The read-only root file system goes beyond the standard. */
export const containerSecurity: k8s.types.input.core.v1.SecurityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/** Resources of an init container that copies a file or sets an owner. */
export const smallStep = {
  requests: { cpu: "50m", memory: "32Mi", "ephemeral-storage": "16Mi" },
  limits: { memory: "128Mi", "ephemeral-storage": "64Mi" },
};

/** Secrets of the pod's namespace with which its images are pulled. @param names empty for images that need no login */
export function pullSecrets(names: string[] = []): Pick<k8s.types.input.core.v1.PodSpec, "imagePullSecrets"> {
  return names.length > 0 ? { imagePullSecrets: names.map((name) => ({ name })) } : {};
}
