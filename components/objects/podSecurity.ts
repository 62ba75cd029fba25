import * as k8s from "../kubernetes/resources";

/** User and group of the official Cassandra image. */
export const cassandraUser = 999;

/** What the Pod Security Standard `restricted` demands of a pod that runs as one user, whose group owns the volumes. */
export function podSecurity(user: number): k8s.types.input.core.v1.PodSecurityContext {
  return {
    runAsUser: user,
    runAsGroup: user,
    runAsNonRoot: true,
    fsGroup: user,
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
