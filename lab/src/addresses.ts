/** Addresses of an instance, in each family of the Internet Protocol that its cluster has. */
import { existsSync } from "node:fs";
import { BlockList, isIP, SocketAddress } from "node:net";

/** The families, by the names that Kubernetes gives them (`ipFamilies` of a Service). */
export type IpFamily = "IPv4" | "IPv6";

/** Addresses of one family. Those of pods and Services are known inside the lab's namespaces only. */
export interface AddressPlan {
  family: IpFamily;
  /** Reached from the host and from every node. */
  controlPlane: string;
  /** The host's end of the pair. */
  host: string;
  node(number: number): string;
  /** Length of the prefix that all nodes share. */
  prefix: number;
  /** Pods of a node. */
  pods(number: number): string;
  podRange: string;
  serviceRange: string;
  apiService: string;
  dnsService: string;
  /** All addresses. */
  everywhere: string;
  /**
   * Addresses of load balancers. The host sends them to the control plane, which sends each to the node that serves it. The lab has none
   * of IPv6.
   */
  balancers?: string;
  /** Zone of DNS that leads from these addresses to names. */
  reverseZone: string;
}

const plans: Record<IpFamily, (slot: number) => AddressPlan> = {
  IPv4: (slot) => ({
    family: "IPv4",
    controlPlane: `10.99.${slot}.1`,
    host: `10.99.${slot}.254`,
    node: (number) => `10.99.${slot}.${10 + number}`,
    prefix: 24,
    pods: (number) => `10.244.${number}.0/24`,
    podRange: "10.244.0.0/16",
    serviceRange: "10.96.0.0/16",
    apiService: "10.96.0.1",
    dnsService: "10.96.0.10",
    everywhere: "0.0.0.0/0",
    balancers: `10.98.${slot}.0/24`,
    reverseZone: "in-addr.arpa",
  }),
  // Unique local addresses (RFC 4193), which no network routes to others.
  IPv6: (slot) => ({
    family: "IPv6",
    controlPlane: canonical(`fdca:5500:99:${hex(slot)}::1`),
    host: canonical(`fdca:5500:99:${hex(slot)}::fe`),
    node: (number) => canonical(`fdca:5500:99:${hex(slot)}::${hex(10 + number)}`),
    prefix: 64,
    pods: (number) => `fdca:5500:244:${hex(number)}::/64`,
    podRange: "fdca:5500:244::/48",
    serviceRange: "fdca:5500:96::/112",
    apiService: "fdca:5500:96::1",
    dnsService: "fdca:5500:96::a",
    everywhere: "::/0",
    reverseZone: "ip6.arpa",
  }),
};

export const addressPlan = (family: IpFamily, slot: number): AddressPlan => plans[family](slot);

/** An address of IPv6 in the one form (RFC 5952) that Kubernetes takes: the longest run of zeros is left out, the slot's too. */
function canonical(address: string): string {
  return new SocketAddress({ address, family: "ipv6" }).address;
}

/** What `ip address add` is told. Nobody else can have an address of the lab, so that the kernel need not look for a second a whether somebody has. */
export function onDevice({ family, prefix }: AddressPlan, address: string, device: string): string {
  return `address add ${address}/${prefix} dev ${device}${family === "IPv6" ? " nodad" : ""}`;
}

/** An address as part of a URL. */
export const inUrl = (address: string) => (isIP(address) === 6 ? `[${address}]` : address);

/** Whether this machine's kernel has IPv6. */
export const hasIPv6 = () => existsSync("/proc/net/if_inet6");

/** Whether two ranges have an address in common; the default route is not counted. */
export function overlaps(one: string, other: string): boolean {
  return one !== "default" && (holdsBase(one, other) || holdsBase(other, one));
}

/** Whether a range holds the address that another one is written with. */
function holdsBase(range: string, other: string): boolean {
  const [[base, bits], [address]] = [range, other].map((text) => text.split("/"));
  const version = isIP(base);
  if (version === 0 || isIP(address) !== version) return false;
  const family = version === 6 ? "ipv6" : "ipv4";
  const list = new BlockList();
  list.addSubnet(base, Number(bits ?? { 4: 32, 6: 128 }[version as 4 | 6]), family);
  return list.check(address, family);
}

function hex(number: number): string {
  return number.toString(16);
}
