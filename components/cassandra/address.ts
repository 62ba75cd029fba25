import { isIP, SocketAddress } from "node:net";

/**
 * An address in the form in which Kubernetes writes it: `fd00::5` for `fd00:0:0:0:0:0:0:5`, `/[fd00:0:0:0:0:0:0:5]:7000`, `fd00::5%eth0`, as
 * Cassandra may write it. `ip_address.py` does the same in the pods. A text that holds no address stays as it is.
 */
export function canonicalAddress(text: string): string {
  const host = text.slice(text.lastIndexOf("/") + 1);
  const [, bracketed, alone] = /^(?:\[(.*)\](?::\d+)?|([^:]*):\d+)$/.exec(host) ?? [];
  const [address] = (bracketed ?? alone ?? host).split("%");
  const version = isIP(address);
  return version === 0 ? text : new SocketAddress({ address, family: `ipv${version as 4 | 6}` }).address;
}
