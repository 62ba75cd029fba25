import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import { Identity, labels } from "./labels";
import { ports } from "./ports";

/** Kinds of Services that a member can have to itself. A node's port would have to be the port at which the member itself listens. */
export const MemberServiceType = { LoadBalancer: "LoadBalancer" } as const;
export type MemberServiceType = (typeof MemberServiceType)[keyof typeof MemberServiceType];

/** How drivers from outside the Kubernetes cluster reach each member at an address of its own. */
export interface MemberServiceAccess {
  /** `LoadBalancer`: a load balancer for each member. */
  type: MemberServiceType;
  /** Annotations, by which clouds configure their load balancers. @default none */
  annotations?: Record<string, string>;
  /** Addresses that may use the load balancers, such as `203.0.113.0/24`. The ring's NetworkPolicy admits them as well. @default none */
  loadBalancerSourceRanges?: string[];
}

/** Label that Kubernetes gives to each pod of a StatefulSet: its name. */
const podNameLabel = "statefulset.kubernetes.io/pod-name";

export interface MemberServicesArgs extends Identity {
  /** Labels of the ring's pods. */
  selector: Record<string, string>;
  /** Namespace of the Services. It must exist. */
  namespace: pulumi.Input<string>;
  /** Names of the pods that have a Service each. */
  pods: string[];
  access: MemberServiceAccess;
}

/**
 * A Service for each member, named as its pod. The members wait for the addresses (`member_address.py`), so that the pods depend on these
 * Services. Of a member that is to leave, the engine deletes the Service once everything else is updated: after the member has left. It
 * keeps the Service where the update of the StatefulSet fails, also with `--continue-on-error`, since the StatefulSet depends on it.
 */
export class MemberServices extends pulumi.ComponentResource {
  /** In the order of the pods. */
  readonly services: k8s.core.v1.Service[];

  constructor(name: string, args: MemberServicesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("cassandra:index:MemberServices", name, {}, opts);
    this.services = args.pods.map((pod) => new k8s.core.v1.Service(pod, memberService(args, pod), { parent: this }));
    this.registerOutputs({});
  }
}

function memberService(args: MemberServicesArgs, pod: string): k8s.core.v1.ServiceArgs {
  const { namespace, selector, access } = args;
  const { type, annotations, loadBalancerSourceRanges } = access;
  return {
    metadata: {
      namespace,
      labels: labels(args),
      name: pod,
      // The provider would wait for a pod that serves, and the pod waits for this Service.
      annotations: { ...annotations, "pulumi.com/skipAwait": "true" },
    },
    spec: {
      type,
      // Members see the addresses of clients, by which the NetworkPolicy tells clients from others.
      externalTrafficPolicy: "Local",
      ...(loadBalancerSourceRanges && { loadBalancerSourceRanges }),
      // Other members tell drivers of a member as soon as it serves, before Kubernetes calls its pod ready. A driver that cannot connect
      // then tries again much later. And while a member does not serve, its closed port says so at once: a balancer without a pod would
      // let clients wait for an answer.
      publishNotReadyAddresses: true,
      selector: { ...selector, [podNameLabel]: pod },
      ports: [{ name: "cql", port: ports.cql }],
    },
  };
}
