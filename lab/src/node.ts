/**
 * Real nodes: a kubelet, a containerd, a kube-proxy and a kube-router in a network and a mount namespace of their own. What a node
 * mounts, and what it writes outside its folder, exists in these namespaces only and is gone when its processes are:
 * a killed node comes back as a machine does that lost its power.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { makeGroup, removeGroup } from "./cgroups";
import { apiServer } from "./controlPlane";
import { fillContainerd } from "./imageStore";
import { Image } from "./images";
import { Instance } from "./instance";
import { enter, Network, ofEach } from "./network";
import { containerd, containerNetwork, home, kubelet, kubeProxy, kubeRouter, socket } from "./nodeConfig";
import { startNamespaces } from "./nodeNamespaces";
import { connect, Connection, grant } from "./objects";
import { authority, issue, kubeconfig } from "./pki";
import {
  endProcesses,
  podGroup,
  processGroup,
  runningProcesses,
  startProcess,
  stopProcesses,
  until,
} from "./processes";
import { run, RunOptions } from "./run";
import { Programs } from "./toolchain";

export const nodeName = (number: number) => `node${number}`;

/** The region is the lab, and three zones are given to the nodes in turn. */
export const nodeLabels = (number: number) => ({
  "topology.kubernetes.io/region": "lab",
  "topology.kubernetes.io/zone": `zone-${"abc"[(number - 1) % 3]}`,
});

const policyUser = "lab:kube-router";

/** What kube-router may look at to enforce network policies. */
export const policyObjects = grant(policyUser, [
  { apiGroups: [""], resources: ["namespaces", "nodes", "pods"], verbs: ["get", "list", "watch"] },
  { apiGroups: ["networking.k8s.io"], resources: ["networkpolicies"], verbs: ["list", "watch"] },
]);

/** Names of a node's processes, the kubelet first: while it runs, it starts containers again that end. */
export const nodeProcesses = (node: string) =>
  ["kubelet", "kube-proxy", "kube-router", "containerd", "namespaces"].map((program) => `${node}.${program}`);

/** What all nodes of a cluster share. */
export interface NodeContext {
  instance: Instance;
  network: Network;
  programs: Programs;
  /** What every node holds. */
  images: Image[];
}

/** Starts those of the nodes that do not run, on the state that they have, and waits until they are Ready. */
export async function startNodes(context: NodeContext, numbers: number[]): Promise<void> {
  for (const number of numbers) await prepareNode(context, number);
  await Promise.all(numbers.map((number) => ensureNode(context, number)));
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

/** Ends a node as a power cut does. Its state stays. */
export async function killNode(instance: Instance, number: number): Promise<void> {
  const node = nodeName(number);
  await endProcesses([...nodeProcesses(node).map((name) => processGroup(instance, name)), podGroup(instance, node)]);
  await stopNode(instance, number);
}

/** Runs a command in the network and on the disks of a real node that is on. @returns standard output @throws {RunError} */
export function runInNode(instance: Instance, node: string, command: string[], options?: RunOptions): Promise<string> {
  const [nsenter, ...inside] = enter(instance, `${node}.namespaces`, "net", "mount");
  return run(nsenter, [...inside, ...command], options);
}

/** Takes a node away for good: its object, its containers and its disks. Folders of volumes are no node's own, and stay. */
export async function removeNode(instance: Instance, number: number): Promise<void> {
  const node = nodeName(number);
  await stopNode(instance, number);
  await forgetNode(await connect(instance.kubeconfig), node);
  rmSync(instance.path(node), { recursive: true, force: true });
}

/** Deletes a node's object; the cluster then forgets its pods. */
export async function forgetNode({ core }: Connection, name: string): Promise<void> {
  const { ApiException } = await import("@kubernetes/client-node");
  await core.deleteNode({ name }).catch((error: unknown) => {
    if (!(error instanceof ApiException && error.code === 404)) throw error;
  });
}

/** Gives a new node its images. They are put in place as a whole, so that a node never starts with half of them. */
async function prepareNode({ instance, images }: NodeContext, number: number): Promise<void> {
  const node = nodeName(number);
  const root = instance.path(node, "containerd");
  if (existsSync(root)) return;
  const making = instance.path(node, "containerd.new");
  rmSync(making, { recursive: true, force: true });
  mkdirSync(instance.path(node), { recursive: true, mode: 0o700 });
  await fillContainerd(making, images);
  rememberImages(instance, node, images);
  renameSync(making, root);
}

async function ensureNode(context: NodeContext, number: number): Promise<void> {
  const running = runningProcesses(context.instance);
  if (nodeProcesses(nodeName(number)).every((name) => running.includes(name))) return;
  await stopNode(context.instance, number);
  await startNode(context, number);
}

async function startNode(context: NodeContext, number: number): Promise<void> {
  const { instance, network, programs } = context;
  const node = nodeName(number);
  const holder = `${node}.namespaces`;
  makeGroup(podGroup(instance, node));
  for (const folder of ["kubelet", "logs"]) mkdirSync(instance.path(node, folder), { recursive: true, mode: 0o700 });
  const pid = await startNamespaces(instance, network, holder, number);
  const inside = enter(instance, holder, "net", "mount");
  const start = (program: string, ...args: string[]) =>
    startProcess(instance, `${node}.${program}`, [...inside, program, ...args], programs.env);
  const needs = (program: string) => ({ instance, names: [`${node}.${program}`] });
  const config = (name: string, content: string | object) => {
    instance.write(`${node}/${name}`, content);
    return `${home}/${node}/${name}`;
  };

  config("cni/lab.conflist", containerNetwork(network, number));
  await start("containerd", `--config=${config("containerd.toml", containerd(node, programs.cniBin ?? ""))}`);
  await until(`containerd of ${node}`, 60, () => existsSync(`/proc/${pid}/root${socket}`), needs("containerd"));
  await importImages(context, node, inside);

  const server = apiServer(network);
  const names = [`DNS:${node}`, ...network.plans.map((plan) => `IP:${plan.node(number)}`)];
  const serving = await issue(instance, `${node}-serving`, { name: node, addresses: names });
  const user = { name: `system:node:${node}`, group: "system:nodes" };
  await kubeconfig(instance, `${node}/kubelet-client.json`, server, user);
  await kubeconfig(instance, `${node}/proxy-client.json`, server, { name: "system:kube-proxy" });
  await kubeconfig(instance, `${node}/router-client.json`, server, { name: policyUser });
  config("resolv.conf", `nameserver ${network.controlPlane}\n`);
  const settings = kubelet(network, node, podGroup(instance, node), await authority(instance), serving);
  const connection = await connect(instance.kubeconfig);
  await markPodsUnready(connection, node);
  const began = Math.floor(Date.now() / 1000) * 1000;
  await start(
    "kubelet",
    `--config=${config("kubelet.json", settings)}`,
    `--kubeconfig=${home}/${node}/kubelet-client.json`,
    `--root-dir=${home}/${node}/kubelet`,
    `--cert-dir=${home}/${node}/kubelet/pki`,
    `--hostname-override=${node}`,
    `--node-ip=${ofEach(network, (plan) => plan.node(number))}`,
    `--node-labels=${Object.entries(nodeLabels(number))
      .map((label) => label.join("="))
      .join(",")}`,
  );
  await start("kube-proxy", `--config=${config("kube-proxy.json", kubeProxy(network, node))}`);
  await until(`node ${node}`, 120, () => readySince(connection, node, began), needs("kubelet"));
  // It ends where it finds no object of its node.
  await start("kube-router", ...kubeRouter(network, node));
}

/** Imports the images that have changed since the node was prepared. */
async function importImages(context: NodeContext, node: string, inside: string[]): Promise<void> {
  const { instance, programs, images } = context;
  const held = instance.read<string[]>(imagesFile(node)) ?? [];
  const [nsenter, ...options] = inside;
  for (const { archive } of images.filter(({ archive }) => !held.includes(archive))) {
    const args = [...options, "ctr", "-n", "k8s.io", "images", "import", archive];
    await run(nsenter, args, { env: programs.env, timeout: 300_000 });
  }
  rememberImages(instance, node, images);
}

const imagesFile = (node: string) => `${node}/images.json`;

function rememberImages(instance: Instance, node: string, images: Image[]): void {
  instance.write(
    imagesFile(node),
    images.map(({ archive }) => archive),
  );
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
