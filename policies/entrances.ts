import { KubeObject } from "./objects";

/** What leads requests from outside to a Service: names of groups, and of kinds in them. */
const entrances: [RegExp, RegExp][] = [
  // Kubernetes, its Gateway API, OpenShift, and Google's and Amazon's clouds.
  [/^(networking\.k8s\.io|extensions)\//, /^Ingress$/],
  [/^gateway\.networking\.(x-)?k8s\.io\//, /^(Gateway|X?ListenerSet|\w+Route)$/],
  [/^route\.openshift\.io\//, /^Route$/],
  [/^networking\.gke\.io\//, /^MultiClusterIngress$/],
  [/^elbv2\.k8s\.aws\//, /^TargetGroupBinding$/],
  // Istio and Gloo.
  [/^networking\.istio\.io\//, /^(Gateway|VirtualService)$/],
  [/^gateway\.solo\.io\//, /^(Gateway|VirtualService|RouteTable)$/],
  // Traefik.
  [/^traefik\.(io|containo\.us)\//, /^IngressRoute/],
  // Contour, under its names of today and of before.
  [/^projectcontour\.io\//, /^HTTPProxy$/],
  [/^contour\.heptio\.com\//, /^IngressRoute$/],
  // Kong.
  [/^configuration\.konghq\.com\//, /^(TCP|UDP)Ingress$/],
  // NGINX.
  [/^k8s\.nginx\.org\//, /^(VirtualServer(Route)?|TransportServer)$/],
  // Emissary, which was Ambassador.
  [/^(x\.)?getambassador\.io\//, /^(Ambassador)?(Host|Listener|(TCP)?Mapping)$/],
  // HAProxy, APISIX, Skipper, Voyager, ngrok.
  [/^ingress\.v\d+\.haproxy\.(org|com)\//, /^TCP$/],
  [/^apisix\.apache\.org\//, /^ApisixRoute$/],
  [/^zalando\.org\//, /^RouteGroup$/],
  [/^voyager\.appscode\.com\//, /^Ingress$/],
  [/^(ingress|ngrok)\.k8s\.ngrok\.com\//, /^((TCP|TLS|HTTPS)Edge|(Agent|Cloud)Endpoint)$/],
];

/** Whether an object leads requests from outside to a Service. A VirtualService of Istio without a gateway leads those of the mesh alone. */
export function isEntrance({ apiVersion, kind, spec }: KubeObject): boolean {
  const { gateways = [] } = (spec ?? {}) as { gateways?: string[] };
  const isOfMesh = apiVersion.startsWith("networking.istio.io/") && gateways.every((gateway) => gateway === "mesh");
  if (kind === "VirtualService" && isOfMesh) return false;
  return entrances.some(([group, kinds]) => group.test(apiVersion) && kinds.test(kind));
}
