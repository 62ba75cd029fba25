import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { parseRepair } from "../../components/cassandra/nodetool";
import { repairsPausedUntil } from "../../components/cassandra/record";
import type { Lab } from "../../lab/src/lab";
import { alertNames } from "../../components/monitoring/alerts";
import { dashboardQueries, Prometheus } from "../support/prometheus";
import { inRingLab, RingStack } from "../support/ringStack";
import { smallMembers } from "../support/stack";

const minutes = 60_000;
const pods = ["cassandra-0", "cassandra-1", "cassandra-2"];

describe("a ring that repairs itself on schedule, and tells Prometheus", function () {
  this.timeout(20 * minutes);
  let lab: Lab;
  let stack: RingStack;

  let prometheus: Prometheus;

  inRingLab(
    (made) => {
      ({ lab, stack } = made);
      prometheus = new Prometheus(lab);
    },
    { prometheus: true },
  );

  const configure = (settings: Record<string, unknown>) =>
    stack.configure({
      ...smallMembers,
      storage: "minikube-hostpath",
      repairInterval: "1m",
      metrics: "podMonitor",
      replicas: 3,
      ...settings,
    });
  const record = async (): Promise<Record<string, string>> =>
    (await stack.get<{ data: Record<string, string> }>("configmap", "cassandra-ring")).data;
  async function until(isSo: (record: Record<string, string>) => boolean, what: string): Promise<void> {
    for (const began = Date.now(); !isSo(await record());) {
      assert.ok(Date.now() - began < 6 * minutes, `${what}: ${JSON.stringify(await record(), null, 1)}`);
      await sleep(200);
    }
  }
  /** Waits until each of these members has ended a repair that began after now. */
  async function allRepair(members = pods): Promise<void> {
    const began = new Date(Date.now() + 1000).toISOString();
    await until(
      (is) => members.every((pod) => (is[`repaired.${pod}`] ?? "") > began),
      `not every member has repaired since ${began}`,
    );
  }

  /** Has one member miss rows, as where hints are lost: the others do not see it, and keep none for it. */
  async function missRows(pod: string, first: number, count: number): Promise<void> {
    const others = pods.filter((other) => other !== pod);
    for (const other of others) await stack.exec(other, ["nodetool", "disablehandoff"]);
    await stack.exec(pod, ["nodetool", "disablegossip"]);
    const isDown = async () => (await stack.members(others[0])).some(({ state }) => state === "DN");
    while (!(await isDown())) await sleep(500);
    await stack.addRows(others[0], first, count);
    await stack.exec(pod, ["nodetool", "enablegossip"]);
    await stack.oneRing(3);
  }

  it("makes rows equal on all copies that one of them had missed, while requests at QUORUM go on", async () => {
    configure({});
    await stack.up();
    await stack.writeRows("cassandra-0", 1000, 3);
    await missRows("cassandra-2", 1000, 500);
    assert.equal(await stack.countRows("cassandra-2"), 1000, "the member has missed nothing");
    const report = await stack.underLoad({}, () => allRepair());
    assert.deepEqual(report.failures, []);
    await stack.everyPodCounts(1500);
    await stack.up("--expect-no-changes");
  });

  it("tells Prometheus all that the dashboard shows, in as many series as it may, and nothing of which it warns", async () => {
    const { items } = await stack.get<{ items: { data: Record<string, string> }[] }>(
      "configmaps",
      "-l",
      "grafana_dashboard=1",
    );
    const queries = dashboardQueries(Object.values(items[0].data)[0]);
    assert.ok(queries.length > 30, `${queries.length} expressions`);
    await stack.underLoad({}, async () => {
      for (const expr of queries)
        await prometheus.until(
          `no data: ${expr}`,
          () => prometheus.query(expr),
          (all) => all.some(({ value }) => value[1] !== "NaN"),
        );
    });
    assert.deepEqual(await prometheus.targets(), Object.fromEntries(pods.map((pod) => [pod, "up"])));
    const most = await prometheus.value("max (scrape_samples_scraped)");
    assert.ok(most <= 2000, `${most} series`);
    const { names, errors } = await prometheus.rules();
    assert.deepEqual([names, errors], [alertNames, []]);
    assert.deepEqual(await prometheus.query('max_over_time(ALERTS{alertstate="firing"}[30m])'), []);
  });

  it("@all gives way to an edit of replicas, up and down, and goes on after it", async () => {
    configure({ replicas: 4 });
    await until((is) => Boolean(is.repairing), "nobody repairs");
    await stack.up();
    await allRepair([...pods, "cassandra-3"]);
    configure({ replicas: 3 });
    await until((is) => Boolean(is.repairing), "nobody repairs");
    await stack.up();
    await stack.oneRing(3);
    assert.deepEqual(
      Object.keys(await record()).filter((key) => key.includes("cassandra-3")),
      ["cassandra-3"],
    );
    await allRepair();
    await stack.everyPodCounts(1500);
  });

  it("@all ends in the next round what a member was killed in", async () => {
    await missRows("cassandra-1", 1500, 500);
    assert.equal(await stack.countRows("cassandra-1"), 1500, "the member has missed nothing");
    await until((is) => Boolean(is.repairing), "nobody repairs");
    const [killed] = (await record()).repairing.split(" ");
    await lab.kubectl(["delete", "pod", killed, "--grace-period=0", "--force"]);
    await stack.serving(3);
    await allRepair();
    await stack.everyPodCounts(2000);
  });

  it("@all ends a repair in Cassandra itself", async () => {
    await until((is) => Boolean(is.repairing), "nobody repairs");
    const { repairing } = await record();
    const patch = { data: repairsPausedUntil(new Date(Date.now() + 5 * minutes)) };
    await lab.kubectl(["patch", "configmap", "cassandra-ring", "--patch", JSON.stringify(patch)]);
    await until((is) => !is.repairing, `${repairing} goes on`);
    for (const pod of pods) assert.equal(parseRepair(await stack.exec(pod, ["nodetool", "tpstats"])), false, pod);
  });
});
