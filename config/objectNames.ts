import { recordName } from "../components/objects/configMaps";
import { podAt, setsOf } from "../components/objects/racks";
import type { TopologyConfig } from "./parseConfig";
import type { Topology } from "./schema";

/** What names of objects are made of. Values that are wrong by themselves are missing. */
export type Named = Partial<
  Pick<TopologyConfig, "name" | "racks" | "replicas" | "auth" | "tls" | "tlsSecret" | "hostPath" | "sqlClient">
> & { tlsIssuer?: { reference?: unknown }; memberService?: { type?: string } };

/** Objects of a ring whose names do not come from the provider, and its pods with fixed names: `Service cassandra-client`. */
export function objectNames(topology: Topology, own: Named): string[] {
  const { name, replicas = 0 } = own;
  if (!name) return [];
  const isCockroach = topology === "cockroachdb";
  const sets = topology === "persistent" ? setsOf(name, own.racks) : isCockroach ? [name] : [];
  const pods = sets.length === 0 ? [] : Array.from({ length: replicas }, (_, i) => podAt(sets, i));
  return [
    ...of("Service", name, `${name}-${isCockroach ? "public" : "client"}`, ...(own.memberService?.type ? pods : [])),
    ...of("StatefulSet", ...sets),
    ...(topology === "daemon" ? of("DaemonSet", name) : []),
    ...(topology === "ephemeral" ? of("ReplicationController", name) : []),
    ...of(
      "Pod",
      ...pods,
      ...(topology === "pod" ? [name] : []),
      ...(isCockroach && own.sqlClient ? [`${name}-client`] : []),
    ),
    ...(isCockroach ? [] : namesOfCassandra(topology, name, own)),
  ];
}

function namesOfCassandra(topology: Topology, name: string, own: Named): string[] {
  const keepsRecord = topology === "persistent";
  const keepsSecret = keepsRecord || (topology === "daemon" && !!own.hostPath);
  return [
    ...(keepsRecord ? of("ConfigMap", recordName(name)) : []),
    ...(keepsSecret && own.auth !== "none" ? of("Secret", `${name}-superuser`) : []),
    ...(own.tls === "cert-manager" ? namesOfCertificates(name, own) : []),
  ];
}

/** Objects of cert-manager, and the Secrets that it writes. */
function namesOfCertificates(name: string, { tlsSecret, tlsIssuer }: Named): string[] {
  const secret = tlsSecret || `${name}-tls`;
  const ofAuthority = tlsIssuer?.reference
    ? []
    : [
        ...of("Issuer", `${name}-self-signed`, `${name}-ca`),
        ...of("Certificate", `${name}-ca`),
        ...of("Secret", `${name}-ca`),
      ];
  return [...of("Certificate", secret), ...of("Secret", secret), ...ofAuthority];
}

const of = (kind: string, ...names: string[]) => names.map((name) => `${kind} ${name}`);
