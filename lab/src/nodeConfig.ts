/** Configuration files of a node's programs, with paths as the node sees them. */
import { PAUSE_IMAGE } from "./images";
import { Network, ofEach } from "./network";
import { Authority, Certificate } from "./pki";

/** Where a node sees the instance's folder: short, since the path of a socket may have 107 characters. */
export const home = "/run/lab";
export const socket = "/run/containerd/containerd.sock";

/** Configuration of the CNI plugins. */
export function containerNetwork(network: Network, number: number): object {
  // A pair of its own for each pod, not a bridge: what pods of one node send each other passes the node's Service
  // rules on its way back too, with or without the br_netfilter module.
  const ranges = network.plans.map((plan) => [{ subnet: plan.pods(number) }]);
  const routes = network.plans.map(({ everywhere }) => ({ dst: everywhere }));
  const ipam = { type: "host-local", dataDir: "/run/cni", ranges, routes };
  return {
    cniVersion: "1.0.0",
    name: "lab",
    plugins: [
      { type: "ptp", ipam },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

export function containerd(node: string, cniBin: string): string {
  return `version = 2
root = "${home}/${node}/containerd"
state = "/run/containerd"
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # Without CAP_SYS_RESOURCE a process may not lower its own out-of-memory score.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniBin}"
    conf_dir = "${home}/${node}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`;
}

export function kubelet(
  { dnsService, dnsDomain }: Network,
  node: string,
  cgroup: string,
  ca: Authority,
  serving: Certificate,
): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: ca.crt } },
    authorization: { mode: "Webhook" },
    tlsCertFile: serving.crt,
    tlsPrivateKeyFile: serving.key,
    containerRuntimeEndpoint: `unix://${socket}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${cgroup}`,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    oomScoreAdj: 0,
    clusterDNS: [dnsService],
    clusterDomain: dnsDomain,
    resolvConf: `${home}/${node}/resolv.conf`,
    podLogsDir: `${home}/${node}/logs`,
    volumePluginDir: `${home}/${node}/volume-plugins`,
    // A full disk must not cost an image that no registry can give back.
    imageGCHighThresholdPercent: 100,
    evictionHard: { "imagefs.available": "1%", "nodefs.available": "1%", "memory.available": "100Mi" },
  };
}

export function kubeProxy(network: Network, node: string): object {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
    clientConnection: { kubeconfig: `${home}/${node}/proxy-client.json` },
    hostnameOverride: node,
    clusterCIDR: ofEach(network, ({ podRange }) => podRange),
    // Zero leaves the host's connection tracking as it is.
    conntrack: { maxPerCore: 0, min: 0 },
  };
}

/** kube-router as the firewall of a node's pods alone: kube-proxy has the Services, and the routes are there. */
export function kubeRouter(network: Network, node: string): string[] {
  const services = ofEach(network, ({ serviceRange }) => serviceRange);
  return [`--kubeconfig=${home}/${node}/router-client.json`, `--node=${node}`, `--services=${services}`];
}
