import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { verifiedCluster } from "../kubernetes/kubernetesCluster";
import { Monitoring } from "../monitoring/monitoring";
import { Certificates, type CertManager } from "../objects/certificates";
import type { RingBinding } from "../objects/podArgs";
import { Disk, outlivesPod } from "../objects/disk";
import { Identity, labels, ObjectMetadata, selectorLabels } from "../objects/labels";
import type { MemberServiceAccess } from "../objects/memberServices";
import { monitoringNamespace, networkPolicy } from "../objects/networkPolicy";
import { metricsPorts, ports } from "../objects/ports";
import { setsOf } from "../objects/racks";
import { superuserRule } from "../objects/rbac";
import { RingRecord } from "../objects/ringRecord";
import { CassandraService, ServiceAccess } from "../objects/services";
import { namespaceAfter } from "../operations/foreignRings";
import type { RequiredPermissions } from "../operations/accountPermissions";
import { WorkloadMemory } from "../operations/replacementGuard";
import { ringGuard } from "../operations/ringGuard";
import { PasswordChange } from "../operations/passwordChange";
import { Roles } from "../operations/roles";
import { Superuser } from "../operations/superuser";
import { PodTemplate } from "./podTemplate";
import { type CassandraRingArgs, repairSeconds } from "./ringArgs";
import { hookInputs, newServiceHooks, refuseUnknownCluster, requiredPermissions, withHooks } from "./ringHooks";
import { type RingLayout, ringTypes, topologyOf } from "./ringLayout";
import { ringUsage } from "./ringUsage";

/** A ring of Cassandra members, whatever makes their pods: its Services, its record, and the template of its pods. */
export abstract class CassandraRing extends pulumi.ComponentResource {
  readonly service: CassandraService;
  /** The role that may do everything; undefined if clients do not log in. */
  readonly superuser?: Superuser;
  /** Service with a cluster IP, for clients. */
  abstract readonly clientService: k8s.core.v1.Service;
  /** Names in DNS for a driver to start from. */
  abstract readonly contactPoints: pulumi.Output<string[]>;
  /** Addresses of members for drivers outside the Kubernetes cluster, by the names of their pods; undefined if members have none. */
  memberAddresses?: pulumi.Output<Record<string, string>>;
  /** One of its pods, as `kubectl exec` takes it: `cassandra-0`, `rc/cassandra`. */
  abstract readonly execTarget: string;

  protected readonly identity: Identity;
  /** Labels that all pods of the ring have and no other pod has. */
  protected readonly selector: Record<string, string>;
  /** Namespace and labels of every object of the ring. */
  protected readonly metadata: ObjectMetadata;
  /** Where the data lies. */
  protected readonly disk: Disk;
  /** What the pods are made from. */
  protected readonly podTemplate: PodTemplate;
  protected readonly record: RingRecord;
  /** What an earlier update has remembered of the ring's controllers. */
  protected readonly memory: WorkloadMemory;
  /** The Kubernetes cluster that the provider uses. */
  protected readonly cluster: KubeContext;
  /** What the account needs. */
  protected readonly permissions: RequiredPermissions;

  private readonly policy?: k8s.networking.v1.NetworkPolicy;
  private readonly guarded: pulumi.Output<pulumi.Resource[]>;
  private readonly tlsSecret?: string;

  protected constructor(
    type: string,
    name: string,
    private readonly args: CassandraRingArgs,
    layout: RingLayout,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const { kubeContext: cluster, passed } = verifiedCluster(name, args.cluster, opts);
    super(type, name, hookInputs(layout.given), withHooks(name, args, cluster, layout, opts));
    refuseUnknownCluster(this, args);
    const { topology, disk, adopted, racks = [], rackNodeSelectors, memberService } = layout;
    this.cluster = cluster;
    this.permissions = requiredPermissions(args, cluster, layout);
    this.disk = disk;
    this.tlsSecret = args.tlsSecret;
    this.identity = { name: args.name, topology };
    this.selector = adopted?.selector ?? selectorLabels(this.identity);

    this.memory = new WorkloadMemory(name, this);
    const guardOpts = { parent: this, dependsOn: passed };
    this.guarded = ringGuard(name, topologyOf[layout.maker], args, cluster, guardOpts).passed;
    // Everything in the ring has a namespace, so that nothing is made before the guard has passed.
    const namespace = pulumi.all([args.namespace, this.guarded]).apply(([known]) => known);
    this.service = this.makeServices(name, namespace, args.service, layout, opts?.parent);
    // The Service is the first object, whose hook refuses the name of another ring.
    this.metadata = { namespace: namespaceAfter(this.service.discovery, namespace), labels: labels(this.identity) };
    if (!adopted?.areKept) this.policy = this.makePolicy(name, args, memberService);
    if (args.auth !== "none") this.superuser = this.makeSuperuser(name, args);
    if (args.tlsSecret !== undefined && args.certManager !== undefined)
      this.makeCertificates(name, args.tlsSecret, args.certManager);
    const rules = [...layout.rules, ...(this.superuser ? [superuserRule(this.superuser.secretName)] : [])];
    const { identity, metadata } = this;
    const accountAnnotations = args.podTemplatePatch?.serviceAccount?.annotations as Record<string, string> | undefined;
    const record = { ...identity, namespace: metadata.namespace, rules, cluster, disk, accountAnnotations };
    this.record = new RingRecord(name, record, { parent: this });
    const binding = {
      name: args.name,
      sets: setsOf(args.name, racks),
      service: this.service.discovery.metadata.name,
      disk,
      record: this.record.configMapName,
      memberService: memberService?.type,
      repairInterval: repairSeconds(args),
      ...this.makeMonitoring(name, args),
      superuser: this.superuser?.secretName,
      tls: args.tlsSecret,
      serviceAccountName: this.record.serviceAccountName,
      selector: this.selector,
    };
    const template = { pod: args, binding, metadata, identity, racks: racks.length, rackNodeSelectors };
    this.podTemplate = new PodTemplate(name, template, this);
  }

  /** The Services have fixed names. When a stack moves to another topology, the new ring takes over those of the old ring by aliases. */
  private makeServices(
    name: string,
    namespace: pulumi.Output<string>,
    service: ServiceAccess | undefined,
    layout: RingLayout,
    parent: pulumi.Resource | undefined,
  ): CassandraService {
    const { identity, selector, cluster } = this;
    return new CassandraService(
      name,
      { ...identity, namespace, selector, service, takesOver: layout.adopted?.importExisting },
      { parent: this, aliases: ringTypes.map((other) => ({ parent: pulumi.createUrn(name, other, parent) })) },
      newServiceHooks(name, identity, cluster, layout),
    );
  }

  private makePolicy(
    name: string,
    args: CassandraRingArgs,
    memberService: MemberServiceAccess | undefined,
  ): k8s.networking.v1.NetworkPolicy {
    const { metadata, selector } = this;
    const { clientsFrom = [], service, egress, metrics = "none", metricsFrom = [] } = args;
    const ranges = [service, memberService].flatMap((access) => access?.loadBalancerSourceRanges ?? []);
    const outside = [...new Set(ranges)].map((cidr) => ({ cidr }));
    const inside = clientsFrom.length === 0 ? [{}] : clientsFrom;
    const from = outside.length === 0 ? clientsFrom : [...inside, ...outside];
    const members = [ports.intraNode, ports.tlsIntraNode];
    const access = {
      metadata,
      selector,
      members,
      clients: [ports.cql],
      from,
      ...(metrics !== "none" && {
        metrics: { ports: [metricsPorts.metrics], from: metricsFrom.length > 0 ? metricsFrom : [monitoringNamespace] },
      }),
      egress,
      usesApiServer: true,
    };
    return new k8s.networking.v1.NetworkPolicy(name, networkPolicy(access), { parent: this });
  }

  /** What Prometheus and Grafana read. @returns how it ties the pods to their ring */
  private makeMonitoring(name: string, args: CassandraRingArgs): Pick<RingBinding, "exporter" | "scrapeAnnotations"> {
    const { metrics = "none", metricsLabels, clusterName } = args;
    if (metrics === "none") return {};
    const { identity, metadata, selector } = this;
    const ring = { identity, metadata, selector };
    const monitoring = new Monitoring(name, { ...ring, clusterName, metrics, metricsLabels }, { parent: this });
    return monitoring.binding;
  }

  private makeSuperuser(name: string, args: CassandraRingArgs): Superuser {
    const { superuser: username = "admin", superuserPassword: password, superuserSecret: secret } = args;
    const { identity, cluster, disk, metadata } = this;
    const { namespace } = metadata;
    return new Superuser(
      `${name}-superuser`,
      { ...identity, namespace, username, password, secret, cluster, outlivesStack: outlivesPod(disk) },
      { parent: this },
    );
  }

  private makeCertificates(name: string, secretName: string, certManager: CertManager): void {
    const { identity } = this;
    const { namespace } = this.metadata;
    const dnsNames = this.dnsNames(certManager.clusterDomain);
    new Certificates(`${name}-tls`, { ...identity, namespace, secretName, dnsNames, ...certManager }, { parent: this });
  }

  /**
   * For `dependsOn` of the pods' controller: the NetworkPolicy must protect the first pod already, all pods need their record, and the
   * state must hold the memory of a controller for as long as it holds the controller.
   */
  protected get beforePods(): pulumi.Output<pulumi.Resource[]> {
    const first = [this.record.access, ...(this.policy ? [this.policy] : [])];
    return pulumi.all([this.guarded, this.memory.forDependents]).apply((known) => [...known.flat(), ...first]);
  }

  /** The Service for clients, after the pods, the change of the superuser's password, and further roles. @param pods what makes them */
  protected serveClients(name: string, pods: pulumi.ResourceOptions["dependsOn"]): k8s.core.v1.Service {
    const { superuser, selector, cluster } = this;
    if (superuser) {
      const { namespace } = this.metadata;
      const ring = { name: this.identity.name, namespace, selector, record: this.record.configMapName, cluster };
      const changed = new PasswordChange(`${name}-password`, { ...ring, superuser }, { parent: this, dependsOn: pods });
      const after = changed.urn;
      const { roles = [] } = this.args;
      // A dependency on the step itself would wait for the resources in it, and it has none.
      const dependsOn = after.apply(() => pods ?? []) as typeof pods;
      new Roles(`${name}-roles`, { ...ring, roles, superuser: superuser.username, after }, { parent: this, dependsOn });
    }
    return this.service.serveClients(pods);
  }

  /** What a person uses next: what a driver is given, names of objects, and command lines. */
  get usage() {
    const { contactPoints, memberAddresses, clientService, execTarget, superuser, tlsSecret, cluster } = this;
    const { namespace } = this.metadata;
    const { discovery } = this.service;
    const { service, datacenter } = this.args;
    return ringUsage({
      namespace,
      datacenter,
      contactPoints,
      memberAddresses,
      discovery,
      clientService,
      service,
      execTarget,
      superuser,
      tlsSecret,
      cluster,
    });
  }

  /** Names of the ring, of its pods and of its Service for clients, without the cluster's domain and with it. */
  private dnsNames(clusterDomain = "cluster.local"): pulumi.Output<string[]> {
    const { name } = this.identity;
    return pulumi
      .output(this.metadata.namespace)
      .apply((namespace) => [
        "localhost",
        ...["svc", `svc.${clusterDomain}`].flatMap((end) =>
          [name, `*.${name}`, `${name}-client`].map((host) => `${host}.${namespace}.${end}`),
        ),
      ]);
  }

  /**
   * The name of the headless Service leads to every pod of the ring, so it is all that a driver needs. Without the cluster's domain, pods
   * resolve the name whatever that is.
   */
  protected get discoveryName(): pulumi.Output<string[]> {
    return pulumi
      .all([this.service.discovery.metadata.name, this.metadata.namespace])
      .apply(([service, namespace]) => [`${service}.${namespace}.svc`]);
  }
}
