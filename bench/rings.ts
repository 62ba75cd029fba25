/** From nothing to a ring that serves, on real nodes: this program against the tutorials' own manifest on the same image. */
import { dump, load, loadAll } from "js-yaml";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { repository } from "../lab/src/instance";
import { Lab } from "../lab/src/lab";
import { Comparison, seconds } from "./compare";
import { steadyLoad } from "./load";

const stack = "bench";
const limit = "CPU time of one member, for all on all cores";
const tutorials = "the tutorials' manifest";
const datacenter = "DC1-K8Demo";

/** Stack config: the tutorials' ring, and requests from the lab's network, outside any pod. */
function config(members: number): Record<string, unknown> {
  const minikube = load(readFileSync(path.join(repository, "Pulumi.minikube.yaml"), "utf8")) as { config: object };
  return { ...minikube.config, "cassandra:replicas": members, "cassandra:clientsFrom": [{ cidr: "10.99.0.0/16" }] };
}

/** The rings that are compared: one at a time is there. */
export class Rings {
  private constructor(readonly lab: Lab) {}

  static async in(lab: Lab): Promise<Rings> {
    await lab.ensureStack(stack);
    return new Rings(lab);
  }

  pulumi(...args: string[]): Promise<string> {
    return this.lab.pulumi([...args, "--stack", stack, "--non-interactive"]);
  }

  /** Brings the program's ring to so many members. */
  async own(members: number): Promise<void> {
    this.lab.stackFiles.configure(stack, config(members));
    await this.pulumi("up", "--yes", "--skip-preview");
  }

  async ownGone(): Promise<void> {
    await this.pulumi("destroy", "--yes", "--skip-preview");
    await this.clear();
  }

  exec(pod: string, ...command: string[]): Promise<string> {
    return this.lab.kubectl(["exec", pod, "-c", "cassandra", "--", ...command], { timeout: 1_800_000 });
  }

  /** Contact points and, of a ring that asks for it, the login. */
  async access(isOwn: boolean) {
    const addresses = await this.lab.kubectl([
      "get",
      "pods",
      "-l",
      "app=cassandra",
      "-o",
      "jsonpath={.items[*].status.podIP}",
    ]);
    const access = { contactPoints: addresses.split(" "), datacenter };
    if (!isOwn) return access;
    const all = await this.pulumi("stack", "output", "superuser", "--json", "--show-secrets");
    const { persistent } = JSON.parse(all) as { persistent: { username: string; password: string } };
    return { ...access, credentials: persistent };
  }

  /**
   * Asserts that so many members are up, as the first of them sees them.
   * @returns by how many per cent of all rows the member that is furthest from it misses an even share
   */
  async unevenness(members: number, cqlsh: string): Promise<number> {
    const replication = `{'class': 'NetworkTopologyStrategy', '${datacenter}': 1}`;
    await this.exec("cassandra-0", cqlsh, "-e", `CREATE KEYSPACE shares WITH replication = ${replication}`);
    const status = await this.exec("cassandra-0", "nodetool", "status", "shares");
    const shares = [...status.matchAll(/^UN .* ([\d.]+)% /gm)].map(([, share]) => Number(share));
    if (shares.length !== members) throw new Error(`${shares.length} of ${members} members are up:\n${status}`);
    return Math.max(...shares.map((share) => Math.abs(share - 100 / members)));
  }

  /** Waits until nothing of a ring is left. */
  async clear(): Promise<void> {
    await this.lab.kubectl(["delete", "pvc", "-l", "app=cassandra"], { timeout: 300_000 });
    const gone = ["wait", "--for=delete", "pod,pvc,configmap", "-l", "app=cassandra", "--timeout=300s"];
    await this.lab.kubectl(gone, { timeout: 310_000 });
  }
}

interface ManifestSet {
  kind: string;
  spec: {
    replicas: number;
    template: { spec: { containers: { env: { name: string }[] }[] } };
  };
}

/** The documents' manifest for so many members, without the short waits of the tests. */
function manifestOf(members: number): string {
  const all = loadAll(readFileSync(path.join(repository, "tests/cassandra/adoption/cassandra.yaml"), "utf8"));
  for (const { spec } of all.filter((one): one is ManifestSet => (one as ManifestSet).kind === "StatefulSet")) {
    spec.replicas = members;
    const [container] = spec.template.spec.containers;
    container.env = container.env.filter(({ name }) => name !== "JVM_EXTRA_OPTS");
  }
  return all.map((one) => dump(one)).join("---\n");
}

/** @param withLoad whether the ring is put under load as well, once it is there */
export function ringComparison(rings: Rings, members: number, withLoad: boolean): Comparison {
  const { lab } = rings;

  async function sample(isOwn: boolean, up: () => Promise<unknown>, down: () => Promise<unknown>) {
    const ready = await seconds(up);
    const unevenness = await rings.unevenness(members, isOwn ? "/ring/cqlsh.sh" : "cqlsh");
    const load = withLoad ? { load: await steadyLoad(lab, await rings.access(isOwn), 20, 20) } : {};
    await down();
    return { ready, unevenness, ...load };
  }

  const input = manifestOf(members);
  const apply = async () => {
    await lab.kubectl(["apply", "-f", "-"], { input });
    await lab.kubectl(["rollout", "status", "statefulset/cassandra", "--timeout=30m"], { timeout: 1_900_000 });
  };
  const remove = async () => {
    await lab.kubectl(["delete", "-f", "-"], { input, timeout: 600_000 });
    await rings.clear();
  };

  /** Seconds that the cores together need for what one member does until it serves, times the members. */
  async function least(): Promise<number> {
    await rings.own(1);
    // The container's first process, and those that it has waited for: user and system time of both, in hundredths of a second.
    const stat = await rings.exec("cassandra-0", "cat", "/proc/1/stat");
    await rings.ownGone();
    const ticks = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 16);
    return (ticks.reduce((sum, tick) => sum + Number(tick), 0) / 100 / cpus().length) * members;
  }

  return {
    name: `ring-${members}`,
    runs: 3,
    measures: {
      ready: { title: `A ring of ${members}: from nothing until all members serve`, unit: "s", limit, goal: 2 },
      unevenness: {
        title: `A ring of ${members}: furthest from an even share of the rows`,
        unit: "%",
        limit: tutorials,
        most: 1,
      },
      ...(withLoad && {
        load: {
          title: `A ring of ${members}: steady load, half writes and half reads`,
          unit: "requests/s",
          limit: tutorials,
        },
      }),
    },
    contenders: [
      {
        name: "this program",
        run: () =>
          sample(
            true,
            () => rings.own(members),
            () => rings.ownGone(),
          ),
      },
      { name: tutorials, run: () => sample(false, apply, remove) },
      { name: limit, run: async () => ({ ready: await least() }) },
    ],
  };
}
