import * as assert from "node:assert/strict";
import { events } from "./events/events";
import { RingEvent, Scene, singleRows } from "./events/ringEvent";
import { Report } from "../support/load";
import { Prometheus } from "../support/prometheus";
import { inRingLab } from "../support/ringStack";

const minutes = 60_000;

interface Line extends Report {
  title: string;
  seconds: number;
}

describe("a persistent ring under load", function () {
  this.timeout(25 * minutes);
  const lines: Line[] = [];
  let scene: Scene;
  /** Whether nobody knows what state an event has left the ring in. */
  let isUnknown = true;

  inRingLab(({ lab, stack }) => (scene = new Scene(lab, stack)), { prometheus: true });

  after(() => console.log(`\n${table(lines)}\n`));

  /** The ring that an event begins with, and all rows with one copy. */
  async function prepare({ members: wanted = 3 }: RingEvent): Promise<void> {
    const { stack } = scene;
    const members = (await stack.pods()).length;
    scene.edit({ replicas: wanted });
    if (members > wanted) await stack.cql("cassandra-0", "DROP KEYSPACE IF EXISTS load;");
    if (isUnknown || members !== wanted) await stack.up();
    await stack.oneRing(wanted);
    if ((await stack.countRows("cassandra-0").catch(() => 0)) !== singleRows)
      await stack.writeRows("cassandra-0", singleRows);
  }

  async function underLoad(event: RingEvent): Promise<Line> {
    const { planned, keepsSingleRows, title, copies = 3 } = event;
    let seconds = 0;
    const report = await scene.stack.underLoad(
      { copies, singleRows: keepsSingleRows ? singleRows : 0 },
      async (load) => {
        scene.load = load;
        const began = Date.now();
        await event.run(scene);
        seconds = Math.round((Date.now() - began) / 1000);
      },
    );
    if (planned) assert.deepEqual(report.failures, []);
    return { ...report, title, seconds };
  }

  /** The alerts that fired. The node of Prometheus may be the one that was lost. */
  async function fired(): Promise<string[]> {
    const prometheus = new Prometheus(scene.lab);
    const ask = () => prometheus.query('max_over_time(ALERTS{alertstate="firing"}[25m])').catch(() => undefined);
    const all = await prometheus.until("Prometheus does not answer", ask, (seen) => seen !== undefined);
    return all!.map(({ metric }) => metric.alertname);
  }

  for (const { event, isShort } of events) {
    it(`${isShort ? "" : "@all "}${event.title}: every row is there`, async () => {
      await prepare(event);
      isUnknown = true;
      lines.push(await underLoad(event));
      await scene.stack.oneRing((await scene.stack.pods()).length);
      if (!event.losesDisk) await scene.stack.everyPodCounts(singleRows);
      assert.deepEqual(await fired(), [], "nobody need be woken for it");
      isUnknown = false;
    });
  }
});

/** The report, in Markdown. */
function table(lines: Line[]): string {
  const rows = lines.map(({ title, acknowledged, present, failures, longestSilence, seconds }) =>
    [title, acknowledged, present, failures.length, `${(longestSilence / 1000).toFixed(1)} s`, `${seconds} s`].join(
      " | ",
    ),
  );
  return [
    "event | acknowledged writes | rows present | requests failed | longest unavailability | time",
    "---|---|---|---|---|---",
    ...rows,
  ]
    .map((row) => `| ${row} |`)
    .join("\n");
}
