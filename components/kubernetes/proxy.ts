import { BlockList, isIP } from "node:net";

/**
 * The proxy that the environment names for a server, as Go's clients read it: HTTPS_PROXY or HTTP_PROXY, unless NO_PROXY has the server's
 * host, a domain above it, its network, or `*`; a server on this machine is reached without one.
 */
export function proxyFor(server: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { protocol, hostname, port } = new URL(server);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isSecure = protocol === "https:";
  const variable = isSecure ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = env[variable] || env[variable.toLowerCase()];
  if (!proxy || host === "localhost" || isWithin(host, ["127.0.0.0/8", "::1"])) return undefined;
  const excepted = (env.NO_PROXY || env.no_proxy || "").split(",").map((entry) => entry.trim().toLowerCase());
  const isExcepted = excepted.some((entry) => {
    if (entry === "*") return true;
    if (isWithin(host, [entry])) return true;
    const [, name, onlyPort] = /^(.*?)(?::(\d+))?$/.exec(entry)!;
    if (onlyPort && onlyPort !== (port || (isSecure ? "443" : "80"))) return false;
    if (isIP(host) !== 0) return isWithin(host, [name.replace(/^\[|\]$/g, "")]);
    const domain = name.replace(/^\*?\./, "");
    return domain !== "" && (host.endsWith(`.${domain}`) || (host === domain && !/^[.*]/.test(name)));
  });
  if (isExcepted) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

/** Whether a host is an address that is one of these, or in one of these networks: `10.0.0.0/8`. */
function isWithin(host: string, networks: string[]): boolean {
  if (isIP(host) === 0) return false;
  const list = new BlockList();
  const family = (text: string) => (isIP(text) === 6 ? "ipv6" : "ipv4");
  for (const network of networks) {
    const [base, prefix] = network.split("/");
    if (isIP(base) === 0) continue;
    if (prefix === undefined) list.addAddress(base, family(base));
    else if (/^\d+$/.test(prefix) && Number(prefix) <= (isIP(base) === 6 ? 128 : 32))
      list.addSubnet(base, Number(prefix), family(base));
  }
  return list.check(host, family(host));
}
