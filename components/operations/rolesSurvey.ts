import { runCql } from "../cassandra/cqlSession";
import { hostIdIn, type RecordEntries } from "../cassandra/record";
import { parseRecordedRoles, type RecordedRoles, rolesKey } from "../cassandra/recordedRoles";
import { parseRingRoles, type RingRoles, type Role, roleQueries } from "../cassandra/roles";
import { KubernetesClient, type PodReference } from "../kubernetes/apiClient";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { takesRequests } from "../kubernetes/podState";

/** What the ring record tells of roles. */
export interface RolesOnRecord {
  recorded: RecordedRoles;
  /** Whether it tells anything of roles: it does from the first update with roles on, unless somebody has deleted it. */
  isTold: boolean;
  /** Name of the superuser that the ring has; undefined before it has one. */
  superuser?: string;
  /** When the ring formed; empty before that. */
  formed: string;
  /** Whether it lists a member. Simulated pods write none. */
  hasMembers: boolean;
}

export interface RingOfRoles {
  namespace: string;
  /** Labels of its pods. */
  selector: Record<string, string>;
  /** Name of the ConfigMap that holds the ring record. */
  record: string;
  /** The Kubernetes cluster of the ring. @default that of the default provider */
  cluster?: KubeContext;
}

/** The roles of a ring, as its record and its members have them. */
export class RolesSurvey {
  constructor(private readonly ring: RingOfRoles) {}

  /** @throws {Error} if somebody else has written what the record has of roles */
  async onRecord(): Promise<RolesOnRecord> {
    const { namespace, record: name } = this.ring;
    const { core } = await this.client();
    const map = await core.readNamespacedConfigMap({ name, namespace }).catch(undefinedWhenNotFound);
    const entries: RecordEntries = map?.data ?? {};
    return {
      recorded: parseRecordedRoles(entries[rolesKey]),
      isTold: entries[rolesKey] !== undefined,
      superuser: entries.superuser || undefined,
      formed: entries.formed ?? "",
      hasMembers: Object.values(entries).some((entry) => hostIdIn(entry) !== undefined),
    };
  }

  /** @param wanted whose tables are looked for @throws {Error} if no member serves, or cqlsh fails */
  async inRing(wanted: Role[]): Promise<RingRoles> {
    return parseRingRoles(await this.run([roleQueries(wanted)]));
  }

  /** Runs statements as the superuser, through a member that serves. @param secrets what no message shows */
  async run(statements: string[], secrets: string[] = []): Promise<string> {
    return runCql(await this.client(), await this.member(), statements, secrets);
  }

  /** Writes what is to be remembered. */
  async remember(roles: RecordedRoles): Promise<void> {
    const { namespace, record: name } = this.ring;
    const { objects } = await this.client();
    const data = { [rolesKey]: JSON.stringify(roles) };
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data };
    await objects.patch(map);
  }

  private async member(): Promise<PodReference> {
    const { namespace, selector } = this.ring;
    const pods = await (await this.client()).pods(namespace, selector);
    const found = pods.find(takesRequests);
    if (found) return { namespace, pod: found.metadata!.name! };
    throw new Error("no member serves that could be asked for roles. Run `pulumi up` again once a member serves");
  }

  private client(): Promise<KubernetesClient> {
    return KubernetesClient.connect(this.ring.cluster);
  }
}
