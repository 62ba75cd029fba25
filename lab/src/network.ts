/**
 * The lab's network: a bridge in a network namespace of its own, with the control plane on it and a veth pair to each
 * node and to the host. Nothing of it is the host's but one end of a pair: no firewall of the host stands between the
 * nodes, no port of the host is taken, and the kernel removes it all once the namespace has no process and no connection.
 */
import { AddressPlan, addressPlan, hasIPv6, IpFamily, onDevice, overlaps } from "./addresses";
import { Instance, Settings } from "./instance";
import { processId, startHolder } from "./processes";
import { run, RunError } from "./run";

/** Addresses and names of an instance; sixteen instances fit on a host. Addresses that are not in `plans` are those of the first family. */
export interface Network extends AddressPlan {
  slot: number;
  /** The host's end of the pair. */
  link: string;
  /** Hardware address of a node: the same after each start, so that its peers' address tables stay right. */
  hardware(number: number): string;
  /** Addresses of each family, in the cluster's order: the first one is that of Services, and pods name it first. */
  plans: AddressPlan[];
  /** Domain of the cluster's names in DNS. */
  dnsDomain: string;
}

const slots = Array.from({ length: 16 }, (_, slot) => slot);
/** Nodes of an instance, at most. Their pods' routes are set beforehand, so that a new node changes no other. */
export const mostNodes = 16;
export const nodeNumbers = Array.from({ length: mostNodes }, (_, index) => index + 1);

/** What of an instance's settings its addresses and names follow from. They stay as the instance was made. */
export type NetworkSettings = Pick<Settings, "ipFamilies" | "dnsDomain">;
export const defaultFamilies: IpFamily[] = ["IPv4"];
export const defaultDnsDomain = "cluster.local";

export function networkOf(slot: number, { ipFamilies, dnsDomain }: NetworkSettings = {}): Network {
  const plans = (ipFamilies ?? defaultFamilies).map((family) => addressPlan(family, slot));
  return {
    ...plans[0],
    plans,
    slot,
    link: `cassandra-lab${slot}`,
    hardware: (number) => `02:00:0a:63:00:${(10 + number).toString(16).padStart(2, "0")}`,
    dnsDomain: dnsDomain ?? defaultDnsDomain,
  };
}

/** One thing of each family, as Kubernetes takes them: `10.96.0.0/16,fdca:5500:96::/112`. */
export function ofEach({ plans }: Network, what: (plan: AddressPlan) => string): string {
  return plans.map(what).join(",");
}

/** Routes to the load balancers. @param via by which address they are reached, in each family */
export function toBalancers({ plans }: Network, via: (plan: AddressPlan) => string): string[] {
  return plans.flatMap((plan) => (plan.balancers ? [`route add ${plan.balancers} via ${via(plan)}`] : []));
}

/** The network of an instance that runs, or undefined. @param settings those that it was made with. @default as the instance remembers them */
export async function findNetwork(
  instance: Instance,
  settings: NetworkSettings | undefined = instance.settings,
): Promise<Network | undefined> {
  const links = JSON.parse(await run("ip", ["-json", "link", "show"])) as { ifname: string; ifalias?: string }[];
  const link = links.find(({ ifalias }) => ifalias === instance.cgroup);
  const slot = slots.find((slot) => networkOf(slot).link === link?.ifname);
  return slot === undefined ? undefined : networkOf(slot, settings);
}

/** Makes the network at the addresses of the last time if they are free, else at the next free ones. */
export async function startNetwork(instance: Instance, settings: NetworkSettings = {}): Promise<Network> {
  if (settings.ipFamilies?.includes("IPv6") && !hasIPv6()) throw new Error("This machine's kernel has no IPv6.");
  const pid = await startHolder(instance, "network", ["unshare", "--net", "sleep", "infinity"]);
  const network = await takeSlot(instance, pid, settings);
  instance.write("slot.json", { slot: network.slot });
  const { plans, link } = network;
  await ip([
    ...plans.map((plan) => onDevice(plan, plan.host, link)),
    `link set ${link} up`,
    ...toBalancers(network, ({ controlPlane }) => controlPlane),
  ]);
  await configure(instance, "network", [
    "link set lo up",
    "link add nodes type bridge",
    "link set nodes up",
    "link set host master nodes up",
    ...plans.flatMap((plan) => [
      onDevice(plan, plan.controlPlane, "nodes"),
      ...nodeNumbers.map((number) => `route add ${plan.pods(number)} via ${plan.node(number)}`),
    ]),
  ]);
  // A redirect would have the host send to the node itself, also once another node serves the address.
  const forwarding = "echo 1 > ip_forward; echo 0 > conf/all/send_redirects; echo 0 > conf/nodes/send_redirects";
  const [nsenter, ...inside] = enter(instance, "network", "net");
  await run(nsenter, [...inside, "sh", "-ec", `cd /proc/sys/net/ipv4; ${forwarding}`]);
  return network;
}

/**
 * Removes the pair to the host of an instance whose processes have ended. The kernel would do it as well, but not before
 * the namespace's last connection is given up, and one that waits for an answer that was cut off lives for minutes.
 */
export async function removeNetwork(instance: Instance): Promise<void> {
  const network = await findNetwork(instance);
  if (!network) return;
  try {
    await run("ip", ["link", "delete", network.link]);
  } catch (error) {
    // The kernel was first.
    if (!(error instanceof RunError && /Cannot find device/.test(error.stderr))) throw error;
  }
}

/** Runs commands of `ip` in the network namespace of one of the instance's processes. @param options of `ip`, such as `-6` */
export async function configure(
  instance: Instance,
  name: string,
  commands: string[],
  ...options: string[]
): Promise<void> {
  await ip(commands, enter(instance, name, "net"), options);
}

async function ip(commands: string[], prefix: string[] = [], options: string[] = []): Promise<void> {
  const [program, ...args] = [...prefix, "ip", ...options, "-batch", "-"];
  await run(program, args, { input: `${commands.join("\n")}\n` });
}

/** The start of a command line that runs in the namespaces of one of the instance's processes. */
export function enter(instance: Instance, name: string, ...namespaces: ("net" | "mount")[]): string[] {
  return ["nsenter", "--target", String(processId(instance, name)), ...namespaces.map((kind) => `--${kind}`)];
}

/**
 * Makes the pair under a passing name and then renames it: of several instances that want the same slot at the same
 * time the kernel lets one have the name.
 */
async function takeSlot(instance: Instance, pid: number, settings: NetworkSettings): Promise<Network> {
  const last = instance.read<{ slot: number }>("slot.json")?.slot;
  const taken = await Promise.all(["-4", "-6"].map((family) => run("ip", ["-json", family, "route", "show"])));
  const routes = taken.flatMap((family) => JSON.parse(family || "[]") as { dst: string }[]);
  const passing = `lab-${instance.owner.slice(0, 8)}`;
  await ip([
    `link add ${passing} type veth peer name host netns ${pid}`,
    `link set ${passing} alias ${instance.cgroup}`,
  ]);
  for (const slot of [...slots.filter((slot) => slot === last), ...slots.filter((slot) => slot !== last)]) {
    const network = networkOf(slot, settings);
    const ranges = network.plans.flatMap(({ host, prefix, balancers = [] }) => [`${host}/${prefix}`, balancers].flat());
    if (routes.some(({ dst }) => ranges.some((range) => overlaps(dst, range)))) continue;
    try {
      await run("ip", ["link", "set", passing, "name", network.link]);
      return network;
    } catch (error) {
      if (!(error instanceof RunError && /File exists/.test(error.stderr))) throw error;
    }
  }
  throw new Error(
    "No network is free for the lab: it needs 10.99.N.0/24 and 10.98.N.0/24, or fdca:5500:99:N::/64, with N from 0 to 15, and all of them " +
      "are taken by other labs or overlap routes of this host (`ip route`). Take a lab down (`npm run lab -- down`).",
  );
}
