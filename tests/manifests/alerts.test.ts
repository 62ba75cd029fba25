import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { alertNames, ruleGroups } from "../../components/monitoring/alerts";
import { prometheusPrograms } from "../../lab/src/prometheus";

const minutes = 60_000;

/** Series of a member, or of several, as promtool writes them: value, growth a minute, minutes. */
interface Case {
  /** Minutes after which the alert is looked for. */
  after: number;
  fires: Record<string, string>;
  /** The same, where the alert must be silent. */
  silent: Record<string, string>;
}

const of = (labels: string) => `{cassandra_cluster="ring"${labels && `, ${labels}`}}`;
const member = (name: string, more = "") => of(`instance="${name}"${more && `, ${more}`}`);
const day = 86_400;

const requests = (kind: string, seconds: number) => ({
  [`cassandra_clientrequest_latency_seconds_sum${member("a", `clientrequest="${kind}"`)}`]: `1000+${seconds * 600}x60`,
  [`cassandra_clientrequest_latency_seconds_count${member("a", `clientrequest="${kind}"`)}`]: "1000000+600x60",
});
const gauge = (name: string, value: number, more = "", instance = "a") => ({
  [`${name}${member(instance, more)}`]: `${value}x2000`,
});
const ring = (name: string, value: number, instance = "a") => gauge(`cassandra_ring_${name}`, value, "", instance);
const disk = (free: number, size = 100) => ({ ...ring("disk_free_bytes", free), ...ring("disk_size_bytes", size) });
const states = (...all: string[]) =>
  Object.assign(
    {},
    ...all.map((state, i) => gauge("cassandra_ring_member_state", 1, `state="${state}"`, `m${i}`)),
  ) as Record<string, string>;

/** Load of members of which one leaves. */
const loads = (each: number) => ({
  ...gauge("cassandra_storage_load_count", each, "", "a"),
  ...gauge("cassandra_storage_load_count", each, "", "b"),
  ...gauge("cassandra_storage_load_count", each, "", "c"),
  ...ring("disk_size_bytes", 100, "a"),
});
const unrepaired = (seconds: number) => ({
  ...ring("unrepaired_seconds", seconds),
  ...ring("gc_grace_seconds", 10 * day),
});
const heap = (text: string) => ({
  [`jvm_memory_usage_used_bytes${member("a", 'area="Heap"')}`]: text,
  [`jvm_memory_usage_max_bytes${member("a", 'area="Heap"')}`]: "100x60",
});
/** Ends `days` days after the beginning of the test, which promtool puts at the epoch. */
const certificate = (days: number) => ring("certificate_end_timestamp_seconds", days * day);
const counter = (name: string, perMinute: number, more = "") => ({
  [`${name}${member("a", more)}`]: `5+${perMinute}x60`,
});

const cases: Record<string, Case> = {
  // An average over the whole life would be a millisecond in both.
  CassandraHighReadLatency: { after: 20, fires: requests("Read", 0.3), silent: requests("Read", 0.1) },
  CassandraHighWriteLatency: { after: 20, fires: requests("Write", 0.3), silent: requests("Write", 0.1) },
  CassandraUnavailable: {
    after: 20,
    fires: counter("cassandra_clientrequest_unavailables_count", 6, 'clientrequest="Write"'),
    // They failed for two minutes.
    silent: {
      [`cassandra_clientrequest_unavailables_count${member("a", 'clientrequest="Write"')}`]: "5x10 11 17x60",
    },
  },
  CassandraCompactionsPending: {
    after: 20,
    fires: gauge("cassandra_compaction_pendingtasks", 31),
    silent: gauge("cassandra_compaction_pendingtasks", 30),
  },
  CassandraCompactionsBlocked: {
    after: 20,
    fires: gauge("cassandra_threadpools_currentlyblockedtasks_count", 2, 'threadpools="CompactionExecutor"'),
    silent: gauge("cassandra_threadpools_currentlyblockedtasks_count", 2, 'threadpools="MutationStage"'),
  },
  CassandraHintsWritten: {
    after: 45,
    fires: counter("cassandra_storage_totalhints_count", 5),
    // A member was restarted.
    silent: { [`cassandra_storage_totalhints_count${member("a")}`]: "0+0x10 0+50x10 500+0x40" },
  },
  CassandraHighCpu: {
    after: 20,
    fires: gauge("jvm_process_cpu_load", 0.9),
    silent: gauge("jvm_process_cpu_load", 0.7),
  },
  // Between two collections, every heap fills.
  CassandraHeapFull: {
    after: 40,
    fires: heap("90x60"),
    silent: heap("95 20 95x4 20 95x4 20 95x4 20 95x4 20 95x4 20 95x4 20 95x4 20 95x4 20 95x4 20"),
  },
  CassandraMetricsMissing: { after: 20, fires: { 'up{instance="a"}': "0x60" }, silent: ring("members", 3) },
  CassandraMemberDown: {
    after: 20,
    fires: { ...ring("members", 3), ...states("normal", "normal") },
    // One that leaves serves, and one that was restarted did a moment ago.
    silent: {
      ...ring("members", 3),
      ...states("normal", "leaving", "joining"),
      [`cassandra_ring_member_state${member("m9", 'state="normal"')}`]:
        "1 _x2 1x2 _x3 1x2 _x3 1x2 _x3 1x2 _x3 1x2 _x3 1x2",
    },
  },
  CassandraMemberWaits: { after: 20, fires: states("waiting"), silent: states("joining") },
  CassandraRecordUnreadable: {
    after: 20,
    fires: { ...ring("record_readable", 1), ...ring("record_readable", 0, "b") },
    silent: ring("record_readable", 1),
  },
  CassandraRecordDiffers: {
    after: 45,
    fires: { ...ring("record_differences", 1), ...ring("topology_change", 0) },
    silent: { ...ring("record_differences", 1), ...ring("topology_change", 1) },
  },
  CassandraTopologyChangeLasts: { after: 400, fires: ring("topology_change", 1), silent: ring("topology_change", 0) },
  CassandraRepairOwed: { after: 400, fires: ring("members_owing_repair", 1), silent: ring("members_owing_repair", 0) },
  CassandraUnrepaired: { after: 90, fires: unrepaired(6 * day), silent: unrepaired(4 * day) },
  CassandraDeletedRowsReturn: { after: 90, fires: unrepaired(11 * day), silent: unrepaired(9 * day) },
  CassandraCleanupOwed: {
    after: 90,
    fires: ring("cleanup_owed_seconds", 2 * day),
    silent: ring("cleanup_owed_seconds", day / 2),
  },
  CassandraDiskFilling: { after: 20, fires: disk(19), silent: disk(21) },
  CassandraDiskFull: { after: 20, fires: disk(4), silent: disk(6) },
  CassandraDiskTooFullToCompact: {
    after: 45,
    fires: { ...disk(30), ...gauge("cassandra_table_livediskspaceused_count", 40, 'table="t"') },
    silent: { ...disk(50), ...gauge("cassandra_table_livediskspaceused_count", 40, 'table="t"') },
  },
  CassandraDiskTooFullToScaleDown: { after: 90, fires: loads(60), silent: loads(40) },
  CassandraCertificateEnds: { after: 90, fires: certificate(13), silent: certificate(15) },
  CassandraCertificateEndsSoon: { after: 90, fires: certificate(1), silent: certificate(3) },
};

describe("the alerts, as promtool runs them", function () {
  this.timeout(5 * minutes);
  let folder: string;
  let promtool: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "alerts-"));
    promtool = path.join(await prometheusPrograms(), "promtool");
    await writeFile(path.join(folder, "rules.yaml"), JSON.stringify(ruleGroups("ring")));
  });
  after(() => rm(folder, { recursive: true }));

  const run = async (...args: string[]) => (await promisify(execFile)(promtool, args, { cwd: folder })).stdout;

  it("are rules that Prometheus reads", async () => {
    assert.match(await run("check", "rules", "rules.yaml"), new RegExp(`${alertNames.length} rules found`));
  });

  it("have a case each", () => assert.deepEqual(Object.keys(cases), alertNames));

  for (const [name, { after, fires, silent }] of Object.entries(cases))
    it(`${name} fires where it should, and is silent where it should not`, async () => {
      const expr = `count(count(ALERTS{alertname="${name}", alertstate="firing"}))`;
      const test = (series: Record<string, string>, exp_samples: object[]) => ({
        interval: "1m",
        input_series: Object.entries(series).map(([series, values]) => ({ series, values })),
        promql_expr_test: [{ expr, eval_time: `${after}m`, exp_samples }],
      });
      const tests = [test(fires, [{ labels: "{}", value: 1 }]), test(silent, [])];
      const file = { rule_files: ["rules.yaml"], evaluation_interval: "1m", tests };
      await writeFile(path.join(folder, "test.yaml"), JSON.stringify(file));
      // promtool ends with 1 where a sample differs.
      assert.match(await run("test", "rules", "test.yaml"), /SUCCESS/);
    });
});
