/**
 * The lab's network: a bridge in a network namespace of its own, with the control plane on it and a veth pair to each
 * node and to the host. Nothing of it is the host's but one end of a pair: no firewall of the host stands between the
 * nodes, no port of the host is taken, and the kernel removes it all once the namespace has no process and no connection.
 */
import { Instance } from "./instance";
import { processId, startHolder } from "./processes";
import { run, RunError } from "./run";

/** Addresses of an instance; sixteen instances fit on a host. */
export interface Network {
  slot: number;
  /** The host's end of the pair. */
  link: string;
  /** Reached from the host and from every node. */
  controlPlane: string;
  host: string;
  node(number: number): string;
  /** Hardware address of a node: the same after each start, so that its peers' address tables stay right. */
  hardware(number: number): string;
  /** Addresses of load balancers. The host sends them to the control plane, which sends each to the node that serves it. */
  balancers: string;
  /** Pods of a node. These ranges, and the one of Services, are known inside the lab's namespaces only. */
  pods(number: number): string;
}

const slots = Array.from({ length: 16 }, (_, slot) => slot);
/** Nodes of an instance, at most. Their pods' routes are set beforehand, so that a new node changes no other. */
export const mostNodes = 16;
export const nodeNumbers = Array.from({ length: mostNodes }, (_, index) => index + 1);
export const podRange = "10.244.0.0/16";
export const serviceRange = "10.96.0.0/16";
export const apiService = "10.96.0.1";
export const dnsService = "10.96.0.10";

export function networkOf(slot: number): Network {
  return {
    slot,
    link: `cassandra-lab${slot}`,
    controlPlane: `10.99.${slot}.1`,
    host: `10.99.${slot}.254`,
    node: (number) => `10.99.${slot}.${10 + number}`,
    hardware: (number) => `02:00:0a:63:00:${(10 + number).toString(16).padStart(2, "0")}`,
    balancers: `10.98.${slot}.0/24`,
    pods: (number) => `10.244.${number}.0/24`,
  };
}

/** The network of an instance that runs, or undefined. */
export async function findNetwork(instance: Instance): Promise<Network | undefined> {
  const links = JSON.parse(await run("ip", ["-json", "link", "show"])) as { ifname: string; ifalias?: string }[];
  const link = links.find(({ ifalias }) => ifalias === instance.cgroup);
  const slot = slots.find((slot) => networkOf(slot).link === link?.ifname);
  return slot === undefined ? undefined : networkOf(slot);
}

/** Makes the network at the addresses of the last time if they are free, else at the next free ones. */
export async function startNetwork(instance: Instance): Promise<Network> {
  const pid = await startHolder(instance, "network", ["unshare", "--net", "sleep", "infinity"]);
  const network = await takeSlot(instance, pid);
  instance.write("slot.json", { slot: network.slot });
  await ip([
    `address add ${network.host}/24 dev ${network.link}`,
    `link set ${network.link} up`,
    `route add ${network.balancers} via ${network.controlPlane}`,
  ]);
  await configure(instance, "network", [
    "link set lo up",
    "link add nodes type bridge",
    "link set nodes up",
    `address add ${network.controlPlane}/24 dev nodes`,
    "link set host master nodes up",
    ...nodeNumbers.map((number) => `route add ${network.pods(number)} via ${network.node(number)}`),
  ]);
  // A redirect would have the host send to the node itself, also once another node serves the address.
  const settings = "echo 1 > ip_forward; echo 0 > conf/all/send_redirects; echo 0 > conf/nodes/send_redirects";
  const [nsenter, ...inside] = enter(instance, "network", "net");
  await run(nsenter, [...inside, "sh", "-ec", `cd /proc/sys/net/ipv4; ${settings}`]);
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

/** Runs commands of `ip` in the network namespace of one of the instance's processes. */
export async function configure(instance: Instance, name: string, commands: string[]): Promise<void> {
  await ip(commands, enter(instance, name, "net"));
}

async function ip(commands: string[], prefix: string[] = []): Promise<void> {
  const [program, ...args] = [...prefix, "ip", "-batch", "-"];
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
async function takeSlot(instance: Instance, pid: number): Promise<Network> {
  const last = instance.read<{ slot: number }>("slot.json")?.slot;
  const routes = JSON.parse(await run("ip", ["-json", "-4", "route", "show"])) as { dst: string }[];
  const passing = `lab-${instance.owner.slice(0, 8)}`;
  await ip([
    `link add ${passing} type veth peer name host netns ${pid}`,
    `link set ${passing} alias ${instance.cgroup}`,
  ]);
  for (const slot of [...slots.filter((slot) => slot === last), ...slots.filter((slot) => slot !== last)]) {
    const network = networkOf(slot);
    const ranges = [`${network.host}/24`, network.balancers];
    if (routes.some(({ dst }) => ranges.some((range) => overlaps(dst, range)))) continue;
    try {
      await run("ip", ["link", "set", passing, "name", network.link]);
      return network;
    } catch (error) {
      if (!(error instanceof RunError && /File exists/.test(error.stderr))) throw error;
    }
  }
  throw new Error(
    "No network is free for the lab: it needs 10.99.N.0/24 and 10.98.N.0/24, with N from 0 to 15, and all of them are taken by " +
      "other labs or overlap routes of this host (`ip route`). Take a lab down (`npm run lab -- down`).",
  );
}

/** Whether two IPv4 ranges have an address in common; the default route is not counted. */
export function overlaps(one: string, other: string): boolean {
  if (one === "default") return false;
  const [a, b] = [one, other].map((range) => {
    const [address, bits = "32"] = range.split("/");
    const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
    return { value, size: 2 ** (32 - Number(bits)) };
  });
  const size = Math.max(a.size, b.size);
  return Math.floor(a.value / size) === Math.floor(b.value / size);
}
