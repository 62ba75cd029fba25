/**
 * A process that does what a cloud does for Services of type LoadBalancer: it gives each an address, and sends what comes to the address
 * to a node that has a pod of the Service. The rest is kube-proxy's.
 *
 * Arguments: a kubeconfig, and the range of the addresses.
 */
import {
  CoreV1Api,
  DiscoveryV1Api,
  KubeConfig,
  KubernetesObject,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  V1EndpointSlice,
  V1Node,
  V1Service,
} from "@kubernetes/client-node";
import { run } from "./run";
import { Watched, watched } from "./watched";

const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
const idOf = ({ metadata }: KubernetesObject) => `${metadata!.namespace}/${metadata!.name}`;
const balanced = (services: readonly V1Service[]) =>
  services.filter(({ spec, metadata }) => spec?.type === "LoadBalancer" && !metadata?.deletionTimestamp);

/**
 * An address for each Service that asks for one, by namespace and name: the one that it has, else the first that is free.
 * @param range such as `10.98.0.0/24`
 */
export function addressesFor(services: readonly V1Service[], range: string): Map<string, string> {
  const [, first] = /^(.*\.)0\/24$/.exec(range)!;
  const all = balanced(services);
  const held = new Map(
    all.flatMap((service) => {
      const ip = service.status?.loadBalancer?.ingress?.[0]?.ip;
      return ip?.startsWith(first) ? [[idOf(service), ip] as const] : [];
    }),
  );
  const free = Array.from({ length: 254 }, (_, i) => `${first}${i + 1}`).filter(
    (ip) => ![...held.values()].includes(ip),
  );
  return new Map(all.map((service) => [idOf(service), held.get(idOf(service)) ?? free.shift()!]));
}

/** For each address the address of a node that has a pod of its Service; none while no pod of it is ready. */
export function routesFor(
  addresses: Map<string, string>,
  slices: readonly V1EndpointSlice[],
  nodes: readonly V1Node[],
): Map<string, string> {
  const addressOf = (name: string | undefined) =>
    nodes.find(({ metadata }) => metadata?.name === name)?.status?.addresses?.find(({ type }) => type === "InternalIP")
      ?.address;
  const routes = new Map<string, string>();
  for (const slice of slices) {
    const service = `${slice.metadata!.namespace}/${slice.metadata!.labels?.["kubernetes.io/service-name"]}`;
    const address = addresses.get(service);
    const endpoint = slice.endpoints?.find(({ conditions }) => conditions?.ready !== false);
    const node = addressOf(endpoint?.nodeName);
    if (address !== undefined && node !== undefined) routes.set(address, node);
  }
  return routes;
}

class LoadBalancers {
  private readonly core: CoreV1Api;
  private readonly services: Watched<V1Service>;
  private readonly slices: Watched<V1EndpointSlice>;
  private readonly nodes: Watched<V1Node>;
  /** The routes that are set. */
  private readonly routes = new Map<string, string>();
  private due?: NodeJS.Timeout;
  private working: Promise<void>;

  constructor(
    config: KubeConfig,
    private readonly range: string,
  ) {
    // A process before this one may have left routes of Services that are gone.
    this.working = this.try(() => run("ip", ["route", "flush", "root", range]));
    const core = (this.core = config.makeApiClient(CoreV1Api));
    const discovery = config.makeApiClient(DiscoveryV1Api);
    const watch = <T extends KubernetesObject>(path: string, list: Parameters<typeof makeInformer<T>>[2]) =>
      watched(makeInformer<T>(config, path, list), () => this.soon());
    this.services = watch("/api/v1/services", () => core.listServiceForAllNamespaces());
    this.nodes = watch("/api/v1/nodes", () => core.listNode());
    this.slices = watch("/apis/discovery.k8s.io/v1/endpointslices", () =>
      discovery.listEndpointSliceForAllNamespaces(),
    );
  }

  /** Looks at everything once, shortly after a change, one look at a time. */
  private soon(): void {
    this.due ??= setTimeout(() => {
      this.due = undefined;
      this.working = this.working.then(() => this.try(() => this.reconcile()));
    }, 20);
  }

  private async try(work: () => Promise<unknown>): Promise<void> {
    await work().catch((error) => this.retry(error));
  }

  private retry(error: unknown): void {
    console.error(error);
    setTimeout(() => this.soon(), 1000);
  }

  private async reconcile(): Promise<void> {
    const services = this.services.list();
    const addresses = addressesFor(services, this.range);
    for (const service of services) {
      const ip = addresses.get(idOf(service));
      if (ip === undefined || service.status?.loadBalancer?.ingress?.[0]?.ip === ip) continue;
      const { name, namespace } = service.metadata as { name: string; namespace: string };
      const status = { loadBalancer: { ingress: [{ ip }] } };
      await this.core.patchNamespacedServiceStatus({ name, namespace, body: { status } }, merge);
      console.log(`${idOf(service)}: ${ip}`);
    }
    const routes = routesFor(addresses, this.slices.list(), this.nodes.list());
    for (const [address, node] of routes) {
      if (this.routes.get(address) === node) continue;
      await run("ip", ["route", "replace", address, "via", node]);
      this.routes.set(address, node);
      console.log(`${address} via ${node}`);
    }
    for (const address of [...this.routes.keys()].filter((address) => !routes.has(address))) {
      await run("ip", ["route", "delete", address]);
      this.routes.delete(address);
      console.log(`${address}: nowhere`);
    }
  }
}

if (require.main === module) {
  const [kubeconfig, range] = process.argv.slice(2);
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  new LoadBalancers(config, range);
}
