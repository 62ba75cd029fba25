import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import type { CassandraYaml } from "../cassandra/cassandraYaml";
import { configurationFile, scriptsConfigMap } from "../objects/configMaps";
import type { Identity, ObjectMetadata } from "../objects/labels";
import type { CassandraPodArgs, RingBinding } from "../objects/podArgs";
import { podMetadata, revisionOf } from "../objects/podMetadata";
import { cassandraPodSpec } from "../objects/podSpec";
import { patched } from "../objects/podTemplatePatch";
import { nodeSelectorOf, rackLabel, RackNodeSelectors } from "../objects/racks";
import { configurationSecret } from "../objects/secrets";

export interface PodTemplateArgs {
  /** How a member runs. */
  pod: CassandraPodArgs;
  /** What ties the pods to their ring, but for the objects that are made here. */
  binding: Omit<RingBinding, "scripts" | "configuration">;
  /** Namespace and labels of the objects. */
  metadata: ObjectMetadata;
  /** Whose pods they are. */
  identity: Identity;
  /** Number of racks that have a StatefulSet each. */
  racks: number;
  /** Labels of the nodes of racks that are no zones. @default none */
  rackNodeSelectors?: RackNodeSelectors;
}

/** What the pods of a ring are made from: the ConfigMap with their scripts, the Secret with their configuration, and their spec. */
export class PodTemplate {
  readonly metadata: ReturnType<typeof podMetadata>;
  readonly spec: k8s.types.input.core.v1.PodSpec;
  /** Changes with anything in the spec. */
  readonly revision: pulumi.Output<string>;

  private readonly binding: RingBinding;

  /** @param parent of the ConfigMap and of the Secret */
  constructor(
    name: string,
    private readonly args: PodTemplateArgs,
    parent: pulumi.Resource,
  ) {
    const { pod, binding, metadata, identity, racks } = args;
    const { cassandraYaml, clientCertificates = "none" } = pod;
    const tls = binding.tls === undefined ? undefined : clientCertificates;
    const file = (yaml?: CassandraYaml) => configurationFile(yaml, { needsLogin: !!binding.superuser, tls, racks });
    // A preview shows what changes in a ConfigMap, and not what changes in a Secret. An Output may be a secret.
    const isHidden = pulumi.Output.isInstance(cassandraYaml);
    const scripts = new k8s.core.v1.ConfigMap(
      `${name}-scripts`,
      scriptsConfigMap(metadata, binding, isHidden ? {} : file(cassandraYaml)),
      { parent },
    );
    const configuration = isHidden
      ? new k8s.core.v1.Secret(
          `${name}-configuration`,
          configurationSecret(metadata, (cassandraYaml as pulumi.Output<CassandraYaml>).apply(file)),
          { parent },
        )
      : undefined;
    this.binding = {
      ...binding,
      scripts: scripts.metadata.name,
      configuration: configuration?.metadata.name,
    };
    this.spec = this.specOf(pod);
    this.revision = revisionOf(this.spec, {
      metadata: pod.podTemplatePatch?.metadata,
      scrapeAnnotations: binding.scrapeAnnotations,
      serviceAccount: pod.podTemplatePatch?.serviceAccount,
      rackNodeSelectors: args.rackNodeSelectors,
    });
    this.metadata = patched(
      { metadata: podMetadata(identity, this.revision, binding.scrapeAnnotations) },
      { metadata: pod.podTemplatePatch?.metadata },
    ).metadata;
  }

  /** The template of the pods of one rack, which run on its nodes alone. @param rack undefined for a ring without racks */
  ofRack(rack: string | undefined) {
    const { metadata, spec } = this;
    if (rack === undefined) return { metadata, spec };
    const { pod, rackNodeSelectors } = this.args;
    const nodeSelector = { ...pod.nodeSelector, ...nodeSelectorOf(rack, rackNodeSelectors) };
    return {
      metadata: { ...metadata, labels: { ...metadata.labels, [rackLabel]: rack } },
      spec: this.specOf({ ...pod, rack, nodeSelector }),
    };
  }

  private specOf(pod: CassandraPodArgs): k8s.types.input.core.v1.PodSpec {
    return patched({ spec: cassandraPodSpec(pod, this.binding) }, { spec: pod.podTemplatePatch?.spec }).spec;
  }
}
