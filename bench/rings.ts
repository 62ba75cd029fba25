/** From nothing to a ring that serves, on real nodes: this program against the tutorials' own manifest on the same image. */
import { dump, loadAll } from "js-yaml";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import { repository } from "../lab/src/instance";
import { Lab } from "../lab/src/lab";
import { Comparison } from "./compare";
import { seconds } from "./updates";

const stack = "bench";
const limit = "CPU time of one member, for all on all cores";

interface ManifestSet {
  kind: string;
  spec: {
    replicas: number;
    template: { spec: { containers: { env: { name: string }[] }[] } };
  };
}

/** The documents' manifest for so many members, without the short waits of the tests. */
function manifestOf(members: number): string {
  const all = loadAll(readFileSync(path.join(repository, "tests/ring/adoption/cassandra.yaml"), "utf8"));
  for (const { spec } of all.filter((one): one is ManifestSet => (one as ManifestSet).kind === "StatefulSet")) {
    spec.replicas = members;
    const [container] = spec.template.spec.containers;
    container.env = container.env.filter(({ name }) => name !== "JVM_EXTRA_OPTS");
  }
  return all.map((one) => dump(one)).join("---\n");
}

/** Asserts that so many members are up, as the first of them sees them. */
async function isWhole(lab: Lab, members: number): Promise<void> {
  const status = await lab.kubectl(["exec", "cassandra-0", "-c", "cassandra", "--", "nodetool", "status"]);
  const up = status.match(/^UN /gm)?.length;
  if (up !== members) throw new Error(`${up} of ${members} members are up:\n${status}`);
}

/** Waits until nothing of a ring is left. */
async function clear(lab: Lab): Promise<void> {
  await lab.kubectl(["delete", "pvc", "-l", "app=cassandra"], { timeout: 300_000 });
  await lab.kubectl(["wait", "--for=delete", "pod,pvc,configmap", "-l", "app=cassandra", "--timeout=300s"], {
    timeout: 310_000,
  });
}

export async function ringComparisons(lab: Lab): Promise<Comparison[]> {
  await lab.ensureStack(stack);
  const pulumi = (...args: string[]) => lab.pulumi([...args, "--stack", stack, "--non-interactive"]);

  async function own(members: number): Promise<number> {
    const config = {
      "cassandra:replicas": members,
      "cassandra:storage": "minikube-hostpath",
      "cassandra:storageClassName": "fast",
      "cassandra:memory": "1Gi",
      "cassandra:maxHeap": "512M",
      "cassandra:cpu": "100m",
    };
    const file = lab.stackFiles.file(stack);
    const salt = /^encryptionsalt: .*\n/m.exec(readFileSync(file, "utf8"))?.[0] ?? "";
    writeFileSync(file, salt + dump({ config }));
    const taken = await seconds(() => pulumi("up", "--yes", "--skip-preview"));
    await isWhole(lab, members);
    return taken;
  }

  async function gone(): Promise<void> {
    await pulumi("destroy", "--yes", "--skip-preview");
    await clear(lab);
  }

  async function byManifest(members: number): Promise<number> {
    const input = manifestOf(members);
    const taken = await seconds(async () => {
      await lab.kubectl(["apply", "-f", "-"], { input });
      await lab.kubectl(["rollout", "status", "statefulset/cassandra", "--timeout=20m"], { timeout: 1_300_000 });
    });
    await isWhole(lab, members);
    await lab.kubectl(["delete", "-f", "-"], { input, timeout: 600_000 });
    await clear(lab);
    return taken;
  }

  /** Seconds that the cores together need for what one member does until it serves, times the members. */
  async function least(members: number): Promise<number> {
    await own(1);
    const said = await lab.kubectl(["exec", "cassandra-0", "-c", "cassandra", "--", "cat", "/sys/fs/cgroup/cpu.stat"]);
    await gone();
    return (Number(/^usage_usec (\d+)/m.exec(said)![1]) / 1e6 / cpus().length) * members;
  }

  return [3, 5].map((members) => ({
    id: `ring-${members}`,
    title: `from nothing to a ring of ${members} that serves`,
    unit: "s",
    runs: 3,
    limit,
    goal: 2,
    contenders: [
      {
        name: "this program",
        run: async () => {
          const taken = await own(members);
          await gone();
          return taken;
        },
      },
      { name: "the tutorials' manifest", run: () => byManifest(members) },
      { name: limit, run: () => least(members) },
    ],
  }));
}
