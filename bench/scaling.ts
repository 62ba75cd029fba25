/** One member more, and one less, of a ring that holds data: this program against the same commands by hand, one right after the other. */
import { Comparison, seconds } from "./compare";
import { fill } from "./load";
import { Rings } from "./rings";

const limit = "kubectl scale and nodetool by hand";
/** Members that are there all along. */
const older = ["cassandra-0", "cassandra-1", "cassandra-2"];
/** Together, with three copies of each, 1 GiB in the ring. */
const rows = { count: Math.round(2 ** 30 / 3 / 10240), bytes: 10240 };

export function scalingComparison(rings: Rings): Comparison {
  const { lab } = rings;
  const kubectl = (...args: string[]) => lab.kubectl(args, { timeout: 1_800_000 });
  const scale = (members: number) => kubectl("scale", "statefulset/cassandra", `--replicas=${members}`);

  async function growByHand(): Promise<void> {
    await scale(4);
    await kubectl("rollout", "status", "statefulset/cassandra");
    for (const pod of older) await rings.exec(pod, "nodetool", "cleanup");
  }

  async function shrinkByHand(): Promise<void> {
    await rings.exec("cassandra-3", "nodetool", "decommission", "--force");
    await scale(3);
    await kubectl("wait", "--for=delete", "pod/cassandra-3", "--timeout=10m");
    await kubectl("delete", "pvc", "data-cassandra-3");
  }

  /** For the next member of that name: nobody but the program's own decommission tells the ring record who has left. */
  const forget = () =>
    kubectl("patch", "configmap", "cassandra-ring", "--type=merge", "-p", '{"data":{"cassandra-3":null}}');

  return {
    name: "scaling",
    runs: 3,
    measures: {
      grow: { title: "3 -> 4 members, 1 GiB in the ring", unit: "s", limit, goal: 1.2 },
      shrink: { title: "4 -> 3 members, 1 GiB in the ring", unit: "s", limit, goal: 1.2 },
    },
    before: async () => {
      await rings.own(3);
      await fill(lab, await rings.access(true), rows.count, rows.bytes);
      for (const pod of older) await rings.exec(pod, "nodetool", "flush");
    },
    after: () => rings.ownGone(),
    contenders: [
      {
        name: "this program",
        run: async () => ({ grow: await seconds(() => rings.own(4)), shrink: await seconds(() => rings.own(3)) }),
      },
      {
        name: limit,
        run: async () => {
          const sample = { grow: await seconds(growByHand), shrink: await seconds(shrinkByHand) };
          await forget();
          return sample;
        },
      },
    ],
  };
}
