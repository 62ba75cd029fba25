/** Requests while a member repairs, against the same requests while nobody does. */
import { Comparison } from "./compare";
import { fill, pacedLoad } from "./load";
import { Rings } from "./rings";

const limit = "nobody repairs";
/** Together, with three copies of each, a quarter of a GiB in the ring. */
const rows = { count: 2 ** 13, bytes: 10240 };
const pace = { perSecond: 100, seconds: 60, rows: rows.count };

export function repairComparison(rings: Rings): Comparison {
  const load = async () => ({ p99: await pacedLoad(rings.lab, await rings.access(true), pace) });

  /** What a member does on schedule, again and again. */
  async function whileRepairing(): Promise<{ p99: number }> {
    let isOver = false;
    const repairs = (async () => {
      for (let count = 0; ; count++) {
        if (isOver) return count;
        await rings.exec("cassandra-1", "nice", "-n", "19", "nodetool", "repair", "-full", "-pr", "bench");
      }
    })();
    const sample = await load().finally(() => (isOver = true));
    if ((await repairs) === 0) throw new Error("no repair has ended");
    return sample;
  }

  return {
    name: "repair",
    runs: 3,
    measures: {
      p99: { title: "99th percentile of requests, repairs one after another", unit: "ms", limit, goal: 1.3 },
    },
    before: async () => {
      await rings.own(3);
      await fill(rings.lab, await rings.access(true), rows.count, rows.bytes);
    },
    after: () => rings.ownGone(),
    contenders: [
      { name: "a member repairs", run: whileRepairing },
      { name: limit, run: load },
    ],
  };
}
