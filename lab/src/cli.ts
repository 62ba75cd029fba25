/** `npm run lab -- up | down | status | env`. */
import { parseArgs } from "node:util";
import type { IpFamily } from "./addresses";
import { Lab } from "./lab";
import { say } from "./progress";
import { printStatus } from "./status";

const usage = `usage: npm run lab -- COMMAND [OPTIONS]
  up [--simulated] [--nodes N]   start the lab: a Kubernetes cluster with N nodes (default 3) and a Pulumi toolchain;
                                 fewer nodes than before: the last ones are removed
                                 --simulated: nodes that exist in the API server only
     [--simulated-nodes N]       N of such nodes beside real ones
     [--cert-manager]            issue certificates by authorities in the cluster
     [--load-balancers]          give Services of type LoadBalancer an address that this machine reaches
     [--prometheus]              run Prometheus and Alertmanager
     [--ipv6]                    addresses of IPv6 instead of IPv4
     [--dual-stack]              addresses of both, IPv4 first; with --ipv6, IPv6 first
     [--dns-domain DOMAIN]       domain of the cluster's names (default: cluster.local)
     [--official-plugin]         where Pulumi's Kubernetes plugin cannot be downloaded, build it from its source
  down [--delete]                stop it; its disks stay for the next up, unless --delete
  status                         what runs; exit code 1 if the lab is not up
  env                            export lines for a shell: eval "$(npm run -s lab -- env)"
  --name NAME                    which lab, of several (default: main)`;

class UsageError extends Error {}

async function main(): Promise<void> {
  const { values, positionals } = parse();
  const { name, simulated, nodes, "simulated-nodes": beside } = values;
  const lab = Lab.find(name);
  const [command, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError(`unexpected argument "${rest[0]}"`);
  switch (command) {
    case "up":
      await Lab.up({
        name,
        simulated,
        nodes: count("nodes", nodes, 1),
        simulatedNodes: count("simulated-nodes", beside, 0),
        certManager: values["cert-manager"],
        loadBalancers: values["load-balancers"],
        prometheus: values.prometheus,
        ipFamilies: families(values.ipv6, values["dual-stack"]),
        dnsDomain: domain(values["dns-domain"]),
        officialPlugin: values["official-plugin"],
      });
      return say(`The lab is up. A shell in which pulumi and kubectl use it: eval "$(npm run -s lab -- env)"`);
    case "down":
      await lab.down({ delete: values.delete });
      return say(`The lab "${lab.instance.name}" is down${values.delete ? " and deleted" : ""}.`);
    case "status":
      process.exitCode = (await printStatus(lab)) ? 0 : 1;
      return;
    case "env":
      for (const [key, value] of Object.entries(lab.variables)) process.stdout.write(`export ${key}=${quote(value)}\n`);
      process.stdout.write(`export PATH=${quote(lab.bin)}:"$PATH"\n`);
      return;
    default:
      throw new UsageError(command ? `unknown command "${command}"` : "a command is missing");
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        name: { type: "string" },
        simulated: { type: "boolean" },
        nodes: { type: "string" },
        "simulated-nodes": { type: "string" },
        "cert-manager": { type: "boolean" },
        "load-balancers": { type: "boolean" },
        prometheus: { type: "boolean" },
        ipv6: { type: "boolean" },
        "dual-stack": { type: "boolean" },
        "dns-domain": { type: "string" },
        "official-plugin": { type: "boolean" },
        delete: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split(". ")[0]);
  }
}

function count(option: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[0-9]{1,3}$/.test(text) || Number(text) < least) {
    throw new UsageError(`--${option} ${text}: expected a number from ${least} to 999`);
  }
  return Number(text);
}

/** @returns undefined where neither option says anything */
function families(ipv6 = false, both = false): IpFamily[] | undefined {
  if (!ipv6 && !both) return undefined;
  const [first, second]: IpFamily[] = ipv6 ? ["IPv6", "IPv4"] : ["IPv4", "IPv6"];
  return both ? [first, second] : [first];
}

function domain(text: string | undefined): string | undefined {
  const label = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?";
  if (text === undefined || new RegExp(`^${label}(\\.${label})*$`).test(text)) return text;
  throw new UsageError(`--dns-domain ${text}: expected a domain in small letters, such as example.internal`);
}

main().catch((error: Error) => {
  say(error instanceof UsageError ? `${error.message}\n${usage}` : error.message);
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
