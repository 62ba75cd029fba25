/** The cluster as a whole: what is started after what, what counts as running, and how all of it ends. */
import { existsSync } from "node:fs";
import { processesIn, removeGroup } from "./cgroups";
import { startCertManager } from "./certManager";
import { controlPlaneProcesses, startControlPlane } from "./controlPlane";
import { dnsObjects, startDns } from "./dns";
import { Image } from "./images";
import { hasKwokNodes, Instance, Settings } from "./instance";
import { loadBalancerObjects, loadBalancerProcess, startLoadBalancers } from "./loadBalancers";
import { findNetwork, Network, removeNetwork, startNetwork } from "./network";
import { forgetNode, nodeName, nodeProcesses, policyObjects, removeNode, startNodes } from "./node";
import { apply, connect, Connection } from "./objects";
import { endProcesses, runningProcesses, stopProcesses, until } from "./processes";
import { prometheusProcess, prometheusRights, startPrometheus } from "./prometheus";
import { step } from "./progress";
import { kwokNode, startKwok } from "./kwokNodes";
import { startProvisioner, storageObjects } from "./storage";
import { Programs } from "./toolchain";

/** Names of all processes of a cluster. */
export function clusterProcesses(settings: Settings): string[] {
  const real = ["coredns", ...numbers(settings.nodes).map(nodeName).flatMap(nodeProcesses)];
  return [
    "network",
    ...controlPlaneProcesses,
    "provisioner",
    ...(hasKwokNodes(settings) ? ["kwok"] : []),
    ...(settings.certManager ? ["cert-manager"] : []),
    ...(settings.loadBalancers ? [loadBalancerProcess] : []),
    ...(settings.prometheus ? [prometheusProcess] : []),
    ...(settings.simulated ? [] : real),
  ];
}

/** Names and numbers of the nodes that are simulated. */
function simulatedNodes({ simulated, nodes, simulatedNodes = 0 }: Settings): [name: string, number: number][] {
  return simulated
    ? numbers(nodes).map((number) => [nodeName(number), number])
    : numbers(simulatedNodes).map((number) => [`simulated${number}`, number]);
}

/**
 * Starts whatever of the cluster does not run, on the state that the instance has, takes away the nodes that are wanted no
 * longer, and waits until all others are Ready.
 * @param images what real nodes shall hold
 */
export async function startCluster(
  instance: Instance,
  settings: Settings,
  programs: Programs,
  images: Image[],
): Promise<void> {
  const found = await findNetwork(instance, settings);
  const network = found && stateComplete(instance) ? found : await restart(instance, settings);
  const before = instance.settings ?? settings;
  await step("control plane", async () => {
    await startControlPlane(instance, network, programs);
    const objects = [
      ...dnsObjects(network),
      ...storageObjects(),
      ...policyObjects,
      ...loadBalancerObjects,
      ...prometheusRights,
    ];
    await apply(await connect(instance.kubeconfig), objects);
    await startProvisioner(instance, network, settings.simulated);
    if (hasKwokNodes(settings)) await startKwok(instance, network, programs);
    if (!settings.simulated) await startDns(instance, network, programs);
    if (settings.certManager) await startCertManager(instance, programs);
    if (settings.loadBalancers) await startLoadBalancers(instance, network);
    if (settings.prometheus) await startPrometheus(instance, network);
  });
  await removeNodes(instance, before, settings);
  instance.settings = settings;
  const real = settings.simulated ? [] : numbers(settings.nodes);
  const simulated = simulatedNodes(settings);
  const names = [...real.map(nodeName), ...simulated.map(([name]) => name)];
  await step(`${settings.simulated ? "simulated " : ""}nodes ${names.join(", ")}`, async () => {
    const connection = await connect(instance.kubeconfig);
    await apply(
      connection,
      simulated.map(([name, number]) => kwokNode(name, number)),
    );
    await startNodes({ instance, network, programs, images }, real);
    await until("the nodes to be Ready", 120, () => allReady(connection, names));
  });
}

/** Takes away the nodes that there were before and that are wanted no longer. */
async function removeNodes(instance: Instance, before: Settings, settings: Settings): Promise<void> {
  const kept = simulatedNodes(settings).map(([name]) => name);
  const connection = await connect(instance.kubeconfig);
  for (const [name] of simulatedNodes(before)) if (!kept.includes(name)) await forgetNode(connection, name);
  if (!hasKwokNodes(settings)) await stopProcesses(instance, ["kwok"], 5);
  if (settings.simulated) return;
  for (const number of numbers(before.nodes).slice(settings.nodes)) {
    await step(`taking ${nodeName(number)} away`, () => removeNode(instance, number));
  }
}

/** Ends all processes of the instance, and with them its namespaces, mounts and network. The state stays. */
export async function stopCluster(instance: Instance): Promise<void> {
  const kubelets = runningProcesses(instance).filter((name) => name.endsWith(".kubelet"));
  await stopProcesses(instance, kubelets, 5);
  await endProcesses([`${instance.cgroup}/pods`], 15);
  await endProcesses([instance.cgroup], 5);
  await removeGroup(instance.cgroup);
  await removeNetwork(instance);
}

/** Whether anything of the instance runs. */
export function clusterRuns(instance: Instance): boolean {
  return processesIn(instance.cgroup).length > 0;
}

/** Whether the files are there that the running processes were started with. */
function stateComplete(instance: Instance): boolean {
  return ["kubeconfig", "etcd", "pki/tokens.pub", "volumes"].every((file) => existsSync(instance.path(file)));
}

async function restart(instance: Instance, settings: Settings): Promise<Network> {
  if (clusterRuns(instance)) await step("ending what is left of the last run", () => stopCluster(instance));
  else await stopCluster(instance);
  return startNetwork(instance, settings);
}

async function allReady({ core }: Connection, names: string[]): Promise<boolean> {
  const nodes = (await core.listNode()).items.filter(({ metadata }) => names.includes(metadata!.name!));
  const ready = nodes.filter(({ status }) =>
    status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
  );
  return ready.length === names.length;
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
