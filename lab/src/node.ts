/**
 * Real nodes: a kubelet, a containerd and a kube-proxy in a network and a mount namespace of their own. What a node
 * mounts, and what it writes outside its folder, exists in these namespaces only and is gone when its processes are:
 * a killed node comes back as a machine does that lost its power.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { makeGroup, removeGroup } from "./cgroups";
import { apiServer } from "./controlPlane";
import { Image, PAUSE_IMAGE } from "./images";
import { fillContainerd } from "./imageStore";
import { Instance } from "./instance";
import { configure, dnsService, enter, Network, nodeNumbers, podRange, serviceRange } from "./network";
import { Connection, connect } from "./objects";
import { authority, issue, kubeconfig } from "./pki";
import { endProcesses, podGroup, processId, startHolder, startProcess } from "./processes";
import { stopProcesses, until } from "./processes";
import { run } from "./run";
import { Programs } from "./toolchain";

export const nodeName = (number: number) => `node${number}`;
export const nodeLabels = (number: number) => ({
  "topology.kubernetes.io/region": "lab",
  "topology.kubernetes.io/zone": `zone-${"abc"[(number - 1) % 3]}`,
});

/** Names of a node's processes, the kubelet first: while it runs, it starts containers again that end. */
export const nodeProcesses = (node: string) =>
  ["kubelet", "kube-proxy", "containerd", "namespaces"].map((p) => `${node}.${p}`);

/** Gives a new node its images. They are put in place as a whole, so that a node never starts with half of them. */
export async function prepareNode(instance: Instance, number: number, images: Image[]): Promise<void> {
  const node = nodeName(number);
  const root = instance.path(node, "containerd");
  if (existsSync(root)) return;
  const making = instance.path(node, "containerd.new");
  rmSync(making, { recursive: true, force: true });
  mkdirSync(instance.path(node), { recursive: true, mode: 0o700 });
  await fillContainerd(making, images);
  rememberImported(instance, node, images);
  renameSync(making, root);
}

/**
 * Starts a prepared node on the state that it has, and waits until it is Ready.
 * @param images what its containerd shall hold; those that have changed since it was prepared are imported
 */
export async function startNode(
  instance: Instance,
  network: Network,
  programs: Programs,
  number: number,
  images: Image[],
): Promise<void> {
  const node = nodeName(number);
  makeGroup(podGroup(instance, node));
  for (const folder of ["kubelet", "logs"]) mkdirSync(instance.path(node, folder), { recursive: true, mode: 0o700 });
  await startNamespaces(instance, network, number);
  const start = (program: string, ...args: string[]) => {
    const command = [...enter(instance, `${node}.namespaces`, "net", "mount"), program, ...args];
    return startProcess(instance, `${node}.${program}`, command, programs.env);
  };
  const config = (name: string, content: string | object) => {
    instance.write(`${node}/${name}`, content);
    return `${home}/${node}/${name}`;
  };

  config("cni/lab.conflist", containerNetwork(network, number));
  await start("containerd", `--config=${config("containerd.toml", containerd(node, programs.cniBin ?? ""))}`);
  const root = `/proc/${processId(instance, `${node}.namespaces`)}/root`;
  const needs = (program: string) => ({ instance, names: [`${node}.${program}`] });
  await until(`containerd of ${node}`, 30, () => existsSync(`${root}${socket}`), needs("containerd"));
  await importImages(instance, node, programs, images);

  const user = { name: `system:node:${node}`, group: "system:nodes" };
  const serving = { name: node, addresses: [`DNS:${node}`, `IP:${network.node(number)}`] };
  await kubeconfig(instance, `${node}/kubelet-client.json`, apiServer(network), user);
  await kubeconfig(instance, `${node}/proxy-client.json`, apiServer(network), { name: "system:kube-proxy" });
  const certificate = await issue(instance, `${node}-serving`, serving);
  const connection = await connect(instance.kubeconfig);
  await markPodsUnready(connection, node);
  config("resolv.conf", `nameserver ${network.controlPlane}\n`);
  const began = Math.floor(Date.now() / 1000) * 1000;
  await start(
    "kubelet",
    `--config=${config("kubelet.json", kubelet(instance, node, (await authority(instance)).crt, certificate))}`,
    `--kubeconfig=${home}/${node}/kubelet-client.json`,
    `--root-dir=${home}/${node}/kubelet`,
    `--cert-dir=${home}/${node}/kubelet/pki`,
    `--hostname-override=${node}`,
    `--node-ip=${network.node(number)}`,
    `--node-labels=${Object.entries(nodeLabels(number)).map((label) => label.join("=")).join(",")}`,
  );
  await start("kube-proxy", `--config=${config("kube-proxy.json", kubeProxy(node))}`);
  await until(`node ${node}`, 60, () => readySince(connection, node, began), needs("kubelet"));
}

/** Ends a node as a power-off button does: containers are asked to end first. Its state stays. */
export async function stopNode(instance: Instance, number: number): Promise<void> {
  const node = nodeName(number);
  const [kubelet, ...others] = nodeProcesses(node);
  await stopProcesses(instance, [kubelet], 5);
  await endProcesses([podGroup(instance, node)], 15);
  await stopProcesses(instance, others, 5);
  await removeGroup(podGroup(instance, node));
}

/** Makes the node's namespaces and its connection to the lab's network. */
async function startNamespaces(instance: Instance, network: Network, number: number): Promise<void> {
  const node = nodeName(number);
  const script = ["unshare", "--net", "--mount", "--propagation=private", "sh", "-c", namespaces, instance.dir];
  const pid = await startHolder(instance, `${node}.namespaces`, script);
  await configure(instance, "network", [
    `link add ${node} type veth peer name eth0 address ${network.hardware(number)} netns ${pid}`,
    `link set ${node} master nodes up`,
  ]);
  const others = nodeNumbers.filter((other) => other !== number);
  await configure(instance, `${node}.namespaces`, [
    "link set lo up",
    `address add ${network.node(number)}/24 dev eth0`,
    "link set eth0 up",
    // Service addresses are replaced on the way out, but only after a route for them has been found.
    `route add ${serviceRange} via ${network.controlPlane}`,
    ...others.map((other) => `route add ${network.pods(other)} via ${network.node(other)}`),
  ]);
}

/**
 * A node's own view of the file system: an empty /run, a /var whose changes stay in memory, and the instance's folder
 * at a short path and at its own. The kernel settings that a kubelet insists on are files that nobody else reads: the
 * host keeps its own.
 */
const namespaces = `
set -e
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p ${home} /run/netns /run/settings /run/var /run/var.work
mount --bind "$0" ${home}
mount -t overlay -o lowerdir=/var,upperdir=/run/var,workdir=/run/var.work overlay /var
mkdir -p "$0"
mount --bind ${home} "$0"
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops \
  kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
  mkdir -p "/run/settings/$setting"
  cat "/proc/sys/$setting" > "/run/settings/$setting/value"
  mount --bind "/run/settings/$setting/value" "/proc/sys/$setting"
done
mount --make-rshared /
echo 1 > /proc/sys/net/ipv4/ip_forward
exec sleep infinity
`;

/** Imports the images that the node does not hold in exactly this version. */
async function importImages(instance: Instance, node: string, programs: Programs, images: Image[]): Promise<void> {
  const imported = instance.read<string[]>(importedFile(node)) ?? [];
  const [nsenter, ...options] = enter(instance, `${node}.namespaces`, "net", "mount");
  for (const { archive } of images.filter(({ archive }) => !imported.includes(archive))) {
    const args = [...options, "ctr", "-n", "k8s.io", "images", "import", archive];
    await run(nsenter, args, { env: programs.env, timeout: 300_000 });
  }
  rememberImported(instance, node, images);
}

const importedFile = (node: string) => `${node}/images.json`;

function rememberImported(instance: Instance, node: string, images: Image[]): void {
  instance.write(importedFile(node), images.map(({ archive }) => archive));
}

/**
 * What a node controller says of a node that is off. Without it, pods would count as ready at their old addresses until
 * the kubelet has looked at each of them.
 */
async function markPodsUnready({ core }: Connection, node: string): Promise<void> {
  const { PatchStrategy, setHeaderOptions } = await import("@kubernetes/client-node");
  const pods = await core.listPodForAllNamespaces({ fieldSelector: `spec.nodeName=${node},status.phase=Running` });
  const conditions = ["Ready", "ContainersReady"].map((type) => ({ type, status: "False", reason: "NodeStopped" }));
  for (const { metadata, status } of pods.items) {
    const containerStatuses = status!.containerStatuses?.map((container) => ({ ...container, ready: false }));
    await core.patchNamespacedPodStatus(
      { name: metadata!.name!, namespace: metadata!.namespace!, body: { status: { conditions, containerStatuses } } },
      setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch),
    );
  }
}

/** Whether the node is Ready by a heartbeat of this run, not by one that it left behind. */
async function readySince({ core }: Connection, node: string, began: number): Promise<boolean> {
  const nodes = await core.listNode({ fieldSelector: `metadata.name=${node}` });
  const ready = nodes.items[0]?.status?.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True" && Number(ready.lastHeartbeatTime) >= began;
}
