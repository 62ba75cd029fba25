import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { ports } from "../objects/ports";
import { balancerAddress, type ServiceAccess } from "../objects/services";
import { caCertificate } from "../operations/caCertificate";
import type { Superuser } from "../operations/superuser";

interface RingUsageArgs {
  namespace: pulumi.Input<string>;
  datacenter: pulumi.Input<string>;
  /** Names in DNS for a driver to start from. */
  contactPoints: pulumi.Output<string[]>;
  /** Addresses of members for drivers outside the Kubernetes cluster, by the names of their pods. @default members have none */
  memberAddresses?: pulumi.Output<Record<string, string>>;
  /** Headless Service. */
  discovery: k8s.core.v1.Service;
  clientService: k8s.core.v1.Service;
  /** How clients from outside reach the Service for clients. @default only from inside */
  service?: ServiceAccess;
  /** One of the pods, as `kubectl exec` takes it. */
  execTarget: string;
  /** @default clients do not log in */
  superuser?: Superuser;
  /** Secret with certificates. @default nothing is encrypted */
  tlsSecret?: string;
  cluster: KubeContext;
}

/** What a person uses next: what a driver is given, names of objects, and command lines. */
export function ringUsage(args: RingUsageArgs) {
  const { namespace, contactPoints, discovery, clientService, execTarget, superuser, tlsSecret } = args;
  const isProtected = superuser !== undefined || tlsSecret !== undefined;
  return {
    contactPoints,
    port: ports.cql,
    localDatacenter: args.datacenter,
    ...(args.memberAddresses && { memberAddresses: args.memberAddresses }),
    ...(args.service?.type === "LoadBalancer" && {
      loadBalancer: clientService.status.loadBalancer.ingress.apply(balancerAddress),
    }),
    discoveryService: discovery.metadata.name,
    clientService: clientService.metadata.name,
    cqlsh: pulumi.interpolate`kubectl exec -it -n ${namespace} ${execTarget} -- ${isProtected ? "/ring/cqlsh.sh" : "cqlsh"}`,
    ...(superuser && { superuserSecret: superuser.secretName }),
    ...(tlsSecret && { tlsSecret }),
    ...(tlsSecret && { caCertificate: caCertificate(tlsSecret, namespace, args.cluster, contactPoints) }),
    nodetool: pulumi.interpolate`kubectl exec -n ${namespace} ${execTarget} -- nodetool status`,
  };
}
