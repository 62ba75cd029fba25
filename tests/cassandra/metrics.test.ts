import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { alertNames, alertsOf } from "../../components/monitoring/alerts";
import type { Lab } from "../../lab/src/lab";
import { runInNode } from "../../lab/src/node";
import { Prometheus } from "../support/prometheus";
import { inRingLab, RingStack } from "../support/ringStack";
import { smallMembers } from "../support/stack";

const minutes = 60_000;
const pods = ["cassandra-0", "cassandra-1", "cassandra-2"];
const rows = 2000;
const expressions = new Map(alertsOf(smallMembers.clusterName).map(({ alert, expr }) => [alert, expr]));
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().replace(/\.\d+/, "");

/** `repair.test.ts` has what a ring tells of which nothing is wrong. Here are events, and what the alerts' expressions make of them. */
describe("a ring whose disks are small, watched by Prometheus", function () {
  this.timeout(20 * minutes);
  let lab: Lab;
  let stack: RingStack;
  let prometheus: Prometheus;
  let disks: string[] = [];

  inRingLab(
    (made) => {
      ({ lab, stack } = made);
      prometheus = new Prometheus(lab);
    },
    { prometheus: true },
  );
  before(async () => {
    disks = [1, 2, 3].map((node) => lab.makeDisk(node, "small"));
    for (const disk of disks) await onNode(disk, "mount", "-t", "tmpfs", "-o", "size=400M,mode=0777", "small", disk);
    configure({});
    await stack.up();
    await stack.writeRows("cassandra-0", rows, 3);
  });

  /** Runs a command where a node sees its disk. */
  const onNode = (disk: string, ...command: string[]) =>
    runInNode(lab.instance, `node${disks.indexOf(disk) + 1}`, command);
  const configure = (settings: object) =>
    stack.configure({
      ...smallMembers,
      storage: "local",
      localVolumes: disks.map((path, i) => ({ node: `node${i + 1}`, path })),
      volumeSize: "100Mi",
      replicas: 3,
      repairInterval: "4d",
      metrics: "podMonitor",
      ...settings,
    });
  const record = (data: Record<string, string | null>) =>
    lab.kubectl(["patch", "configmap", "cassandra-ring", "-p", JSON.stringify({ data })]);
  /** Has members look at their ring now, which they do each ten minutes. */
  const lookAgain = () =>
    Promise.all(pods.map((pod) => stack.exec(pod, ["sh", "-c", "kill $(pgrep -f '[s]erve_metrics.py')"])));
  /** Waits until the expressions of exactly these alerts say something. A member is down once it has not served for five minutes. */
  const saysOnly = (...wanted: string[]) =>
    prometheus.until(
      `warns of ${wanted.join() || "nothing"}`,
      async () => {
        const said = await Promise.all(
          [...expressions].map(async ([name, expr]) => ((await prometheus.query(expr)).length > 0 ? [name] : [])),
        );
        return said.flat();
      },
      (said) =>
        said
          .filter((name) => name !== "CassandraMemberDown" || wanted.includes(name))
          .sort()
          .join() === [...wanted].sort().join(),
    );

  it("@all says nothing while nothing is wrong", () => saysOnly());

  it("@all says that the record and the ring disagree, and that a member is down whom only the record knows", async () => {
    await record({ "cassandra-9": "00000000-1111-2222-3333-444444444444 10.9.9.9" });
    await lookAgain();
    await saysOnly("CassandraRecordDiffers", "CassandraMemberDown");
    await record({ "cassandra-9": null });
    await lookAgain();
    await saysOnly();
  });

  it("@all says what is owed, and for how long data has been unrepaired", async () => {
    await record({ repairs: "paused for a test", "repair.cassandra-7": daysAgo(0), cleanup: `${daysAgo(2)} 2` });
    await saysOnly("CassandraRepairOwed", "CassandraCleanupOwed");
    await record({ "repair.cassandra-7": null, cleanup: null, "repaired.cassandra-1": daysAgo(6) });
    await saysOnly("CassandraUnrepaired");
    await record({ repairs: "paused again", "repaired.cassandra-1": daysAgo(11) });
    await saysOnly("CassandraUnrepaired", "CassandraDeletedRowsReturn");
    await record({ "repaired.cassandra-1": daysAgo(0), repairs: null });
    await saysOnly();
  });

  it("@all says that a member waits to enter the ring", async () => {
    // A member whose disk was lost takes its place again once no other one leaves.
    await record({ moving: "cassandra-0 leaves" });
    const { nodeName } = (await stack.get<{ spec: { nodeName: string } }>("pod", "cassandra-2")).spec;
    const disk = disks[Number(nodeName.replace("node", "")) - 1];
    await lab.kubectl(["cordon", nodeName]);
    await lab.kubectl(["delete", "pod", "cassandra-2"]);
    await onNode(disk, "sh", "-c", `rm -rf "${disk}"/*`);
    await lab.kubectl(["uncordon", nodeName]);
    await saysOnly("CassandraTopologyChangeLasts", "CassandraMemberWaits");
    await record({ moving: null });
    await stack.serving(3);
    await stack.everyPodCounts(rows);
    await saysOnly();
  });

  it("@all says that members cannot read the record", async () => {
    const binding = JSON.parse(await lab.kubectl(["get", "rolebindings", "-l", "app=cassandra", "-o", "json"])) as {
      items: { metadata: object }[];
    };
    await lab.kubectl(["delete", "rolebindings", "-l", "app=cassandra"]);
    await prometheus.until(
      "the record is out of reach",
      () => prometheus.query(expressions.get("CassandraRecordUnreadable")!),
      (said) => said.length > 0,
    );
    await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(binding) });
    await saysOnly();
  });

  it("@all says that writes are kept for a member that is down, and that requests fail", async () => {
    await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=2"]);
    const isDown = async () => (await stack.members("cassandra-0")).some(({ state }) => state === "DN");
    await prometheus.until("a member is down", isDown, (is) => is);
    for (let i = 0; i < 4; i++) {
      await stack.addRows("cassandra-0", rows + 100 * i, 100);
      await stack
        .cql("cassandra-0", "CONSISTENCY ALL; INSERT INTO rows.numbers (id, text) VALUES (-1, 'x');")
        .catch(() => "");
      await sleep(6000);
    }
    await saysOnly("CassandraHintsWritten", "CassandraUnavailable");
    await lab.kubectl(["scale", "statefulset", "cassandra", "--replicas=3"]);
    await stack.serving(3);
    await stack.oneRing(3);
  });

  it("@all says that a disk fills; Cassandra ends on the full disk, and comes back with every row once the volume has grown", async () => {
    const [, disk] = disks;
    const fill = (left: string) =>
      onNode(
        disk,
        "sh",
        "-c",
        `fallocate -l $(($(df -k --output=avail "${disk}" | tail -1) - ${left}))K "${disk}/filler-${left}"`,
      );
    await fill(`${60 * 1024}`);
    const says = (name: string) =>
      prometheus.until(
        `says ${name}`,
        () => prometheus.query(expressions.get(name)!),
        (said) => said.length > 0,
      );
    await says("CassandraDiskFilling");
    await fill(`${1024}`);
    await says("CassandraDiskFull");
    const uid = async () => (await stack.pods()).map(({ metadata }) => metadata.uid).join();
    const before = await uid();
    const broken = async () => (await stack.members("cassandra-0")).some(({ state }) => state === "DN");
    for (let i = 0; !(await broken()); i++) {
      assert.ok(i < 60, "Cassandra goes on with a full disk");
      await stack.addRows("cassandra-0", rows + 400 + 1000 * i, 1000).catch(() => undefined);
    }
    await onNode(disk, "mount", "-o", "remount,size=900M", disk);
    await stack.serving(3);
    await stack.oneRing(3);
    assert.equal(await uid(), before, "a pod was made anew");
    const counted = await stack.countRows("cassandra-0");
    assert.ok(counted >= rows + 400);
    await stack.everyPodCounts(counted);
  });

  it("@all is found by annotations as well, with the rules in a ConfigMap, and tells nothing any more without metrics", async () => {
    configure({ metrics: "annotations" });
    await stack.up();
    const all = pods.map((pod) => `${pod} up`).join();
    await prometheus.until(
      "is found",
      async () =>
        Object.entries(await prometheus.targets())
          .map((target) => target.join(" "))
          .sort()
          .join(),
      (is) => is === all,
    );
    await prometheus.until(
      "has its rules",
      () => prometheus.rules(),
      ({ names, errors }) => names.join() === alertNames.join() && errors.length === 0,
    );
    assert.equal(await prometheus.value("max (cassandra_ring_members)"), 3);
    configure({ metrics: "none" });
    await stack.up();
    await prometheus.until(
      "is left alone",
      () => prometheus.targets(),
      (is) => Object.keys(is).length === 0,
    );
    await assert.rejects(stack.exec("cassandra-0", ["ls", "/ring-exporter"]));
  });
});
