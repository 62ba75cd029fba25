import * as pulumi from "@pulumi/pulumi";

/** Ports of a CockroachDB node: SQL and the traffic among nodes, and the admin UI. */
export const cockroachPorts = { grpc: 26257, http: 8080 } as const;

/** Path of the program in the image. */
export const cockroach = "/cockroach/cockroach";

/** Where the certificates of a node or of a client are in a pod. */
export const certsDir = "/cockroach/cockroach-certs";

/** Secrets with the certificates that `cockroach cert` makes. Each holds the files of one certificate folder. */
export interface CockroachCertificates {
  /** Name of a Secret with `ca.crt`, `node.crt` and `node.key`, for all nodes. */
  node: string;
  /** Name of a Secret with `ca.crt`, `client.root.crt` and `client.root.key`. */
  client: string;
}

/** Whether a cluster is secure. */
export interface Security {
  /** @default none: the cluster is insecure */
  certificates?: CockroachCertificates;
}

/** Options that every command takes. */
export function securityOptions({ certificates }: Security): string[] {
  return certificates ? [`--certs-dir=${certsDir}`] : ["--insecure"];
}

/** Parameters of a URL by which a pod with the client's certificates connects. */
export function urlParameters({ certificates }: Security): string {
  return certificates
    ? `sslmode=verify-full&sslrootcert=${certsDir}/ca.crt&sslcert=${certsDir}/client.root.crt&sslkey=${certsDir}/client.root.key`
    : "sslmode=disable";
}

/** Name and port of a node, in the namespace's DNS. */
export function nodeHost(
  { name, domain }: { name: string; domain: pulumi.Input<string> },
  ordinal: number,
): pulumi.Output<string> {
  return pulumi.interpolate`${name}-${ordinal}.${domain}:${cockroachPorts.grpc}`;
}

/**
 * How to make a cluster smaller by hand, for messages.
 * @param name of its StatefulSet
 * @param namespace of the StatefulSet
 * @param claim name of its volume claim template
 */
export function waysDown(name: string, namespace: string, claim: string, security: Security): string {
  return (
    `By hand: \`kubectl exec -n ${namespace} ${name}-0 -- ${cockroach} node decommission ID ${securityOptions(security).join(" ")} ` +
    `--host=${name}-public\` for each, the highest first, then \`kubectl scale -n ${namespace} statefulset ${name} --replicas=N\`, ` +
    `\`kubectl delete pvc -n ${namespace} ${claim}-${name}-ORDINAL\` for each of them, and this edit again`
  );
}
