/** Load balancers, as a cloud makes them: each Service of type LoadBalancer gets an address outside of the pods' network. */
import { join } from "node:path";
import { apiServer } from "./controlPlane";
import { Instance } from "./instance";
import { enter, Network } from "./network";
import { grant } from "./objects";
import { kubeconfig } from "./pki";
import { startProcess } from "./processes";

export const loadBalancerProcess = "load-balancers";
const user = "lab:load-balancers";

/** Starts the process that gives the addresses and sets their routes, in the network of the control plane. */
export async function startLoadBalancers(instance: Instance, network: Network): Promise<void> {
  const client = await kubeconfig(instance, "load-balancers-client.json", apiServer(network), { name: user });
  const script = [process.execPath, "--disable-warning=ExperimentalWarning", "-r", "ts-node/register"];
  const args = [join(__dirname, "loadBalancerController.ts"), client, network.balancers!];
  await startProcess(instance, loadBalancerProcess, [...enter(instance, "network", "net"), ...script, ...args]);
}

/** What that process may do. */
export const loadBalancerObjects = grant(user, [
  { apiGroups: [""], resources: ["services", "nodes"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["services/status"], verbs: ["patch"] },
  { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
]);
