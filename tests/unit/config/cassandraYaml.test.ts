import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import * as yaml from "js-yaml";
import * as fs from "node:fs";
import * as path from "node:path";
import { inProject, problemsOf, read } from "./read";

const root = path.join(__dirname, "../../..");

describe("config of cassandra.yaml", () => {
  before(inProject);

  const wrong = (cassandraYaml: object, image = "cassandra:5.0.9") =>
    problemsOf({ cassandraYaml, image, auth: "none" });

  it("come as the values that they are, for all topologies or for one", () => {
    const cassandraYaml = { concurrent_reads: 64, auto_snapshot: false, network_authorizer: { class_name: "A" } };
    assert.deepEqual(read({ cassandraYaml }).persistent?.cassandraYaml, cassandraYaml);
    assert.deepEqual(read({ persistent: { cassandraYaml } }).persistent?.cassandraYaml, cassandraYaml);
  });

  it("stay secret where they were set so, for all topologies or for one", () => {
    const cassandraYaml = { audit_logging_options: { enabled: true } };
    const isSecret = (config: object, secrets: string[]) =>
      pulumi.Output.isInstance(read({ ...config }, secrets).persistent?.cassandraYaml);
    assert.deepEqual(
      [
        isSecret({ cassandraYaml }, []),
        isSecret({ cassandraYaml }, ["cassandraYaml"]),
        isSecret({ persistent: { cassandraYaml } }, ["persistent"]),
        isSecret({ persistent: { cassandraYaml } }, ["cassandraYaml"]),
      ],
      [false, true, true, false],
    );
    assert.throws(
      () => read({ cassandraYaml: "hush" }, ["cassandraYaml"]),
      /cassandraYaml: invalid value "\[secret\]"/,
    );
  });

  it("are those of the image's own version", () => {
    assert.deepEqual(wrong({ concurrent_raeds: 64 }), [
      "cassandra:cassandraYaml.concurrent_raeds: unknown key of Cassandra 5.0; did you mean concurrent_reads?",
    ]);
    const old = { read_request_timeout_in_ms: 5000 };
    assert.deepEqual(wrong(old), [
      "cassandra:cassandraYaml.read_request_timeout_in_ms: unknown key of Cassandra 5.0; its name there is read_request_timeout",
    ]);
    assert.deepEqual(wrong(old, "cassandra:4.0.18"), []);
    assert.match(
      wrong({ read_request_timeout: "5s" }, "team/cassandra:4.0.18-jdk11")[0],
      /unknown key of Cassandra 4.0/,
    );
    assert.deepEqual(wrong({ ...old, read_request_timeout: "5s" }, "team/cassandra:ours"), []);
    assert.match(wrong({ reed: 1 }, "team/cassandra:ours")[0], /unknown key of Cassandra 4.0, 4.1, 5.0; did you mean/);
  });

  it("are none that other settings decide", () => {
    assert.deepEqual(problemsOf({ ephemeral: { cassandraYaml: { num_tokens: 1 } }, topologies: ["ephemeral"] }), [
      "cassandra:ephemeral.cassandraYaml.num_tokens: must be left out; the ring record sets it",
    ]);
    const cassandraYaml = { authenticator: "AllowAllAuthenticator" };
    assert.deepEqual(problemsOf({ cassandraYaml }), [
      "cassandra:cassandraYaml.authenticator: must be left out; cassandra:auth sets it",
    ]);
    assert.deepEqual(wrong(cassandraYaml), [], "a company may have an authenticator of its own");
  });

  it("hold every key that the image's own file sets", () => {
    const file = path.join(root, "lab/image/rootfs/etc/cassandra/cassandra.yaml");
    const theirs = yaml.load(fs.readFileSync(file, "utf8")) as object;
    const unknown = wrong(theirs).filter((line) => !line.includes("must be left out"));
    // Cassandra's own way is what this program changes.
    const periodic =
      'cassandra:cassandraYaml.commitlog_sync: invalid value "periodic": must be batch or group; with another value, ' +
      "a ring that is killed as a whole would lose acknowledged writes";
    assert.deepEqual(unknown, [periodic]);
  });

  it("are none with values that lose rows, however these are written", () => {
    const away = "with another value, a member that was down would miss the writes of that time";
    for (const value of [false, "false", "no", "off", 0, "FALSE", [true], {}])
      assert.match(wrong({ hinted_handoff_enabled: value })[0], new RegExp(`: must be true; ${away}$`));
    for (const value of ["periodic", "Batch", ["batch"], null, ""])
      assert.match(wrong({ commitlog_sync: value })[0], /commitlog_sync: invalid value ".*": must be batch or group; /);
    for (const value of ["ignore", "best_effort", null, true])
      assert.match(wrong({ disk_failure_policy: value })[0], /disk_failure_policy: invalid value ".*": must be /);
    const none = [0, "0s", "0", "none", [], {}];
    const tiny = [
      "1ms",
      "1s",
      "9m",
      "599999ms",
      "0.1h",
      "1e-9",
      "1e9",
      "3 h",
      "3H",
      "3hours",
      "-3h",
      "+3h",
      "1µs",
      10800000,
    ];
    for (const value of [...none, ...tiny])
      assert.match(wrong({ max_hint_window: value })[0], new RegExp(`: must be 10m or longer, as 3h; ${away}$`));
    for (const value of [0, 1, 599999, "1e9", "10m", "0x927c0"])
      assert.match(
        wrong({ max_hint_window_in_ms: value }, "cassandra:4.0.18")[0],
        new RegExp(`invalid value "${value}": must be 600000 or more; ${away}$`),
      );
    assert.match(
      wrong({ max_hint_window_in_ms: 0 })[0],
      /unknown key of Cassandra 5.0; its name there is max_hint_window/,
    );
  });

  it("are none with which hints are kept in name only", () => {
    const refused: Record<string, unknown[]> = {
      max_hints_size_per_host: ["1KiB", "1023MiB", 0, 1073741824, "1GB", "-1B", "0.5GiB"],
      enforce_native_deadline_for_hints: [true],
      hinted_handoff_throttle: ["1KiB", "127KiB", 1024],
      hints_flush_period: ["1h", "61s", 10000],
    };
    for (const [key, values] of Object.entries(refused))
      for (const value of values) assert.equal(wrong({ [key]: value }).length, 1, `${key}: ${JSON.stringify(value)}`);
    assert.match(
      wrong({ max_hints_size_per_host: "1KiB" })[0],
      /must be 0B \(no limit\) or at least 1GiB; with another/,
    );
    assert.match(wrong({ max_hints_size_per_host_in_mb: 1 })[0], /: unknown key of Cassandra 5.0; /);
    const old = { hinted_handoff_throttle_in_kb: 1, hints_flush_period_in_ms: 3600000 };
    assert.equal(wrong(old, "cassandra:4.0.18").length, 2);
  });

  it("sync the commit log in a way with which members start", () => {
    const started = [{ commitlog_sync: "batch" }, { commitlog_sync: "group", commitlog_sync_group_window: "10ms" }];
    for (const given of [...started, { commitlog_sync_period: null }]) assert.deepEqual(wrong(given), []);
    const old = { commitlog_sync: "group", commitlog_sync_group_window_in_ms: 0.5 };
    assert.deepEqual(wrong(old, "cassandra:4.0.18"), []);
    const without =
      /"group" without a window: needs commitlog_sync_group_window \(commitlog_sync_group_window_in_ms in /;
    assert.match(wrong({ commitlog_sync: "group" })[0], without);
    assert.match(wrong({ commitlog_sync: "group", commitlog_sync_group_window: null })[0], without);
    for (const value of ["0ms", 10, "1us"])
      assert.match(
        wrong({ ...started[1], commitlog_sync_group_window: value })[0],
        /: must be a time above zero, as 10ms; /,
      );
    for (const value of [0, "10ms", "NaN"])
      assert.match(
        wrong({ ...old, commitlog_sync_group_window_in_ms: value }, "cassandra:4.0.18")[0],
        /: must be a number above zero, as 10; members do not start on another value$/,
      );
    for (const sync of [{}, { commitlog_sync: "batch" }]) {
      const [line] = wrong({ ...sync, commitlog_sync_group_window: "10ms" });
      assert.match(line, /"10ms" while commitlog_sync is batch: must be left out; only group waits for a window$/);
    }
    for (const key of ["commitlog_sync_period", "commitlog_sync_period_in_ms"])
      for (const sync of [{}, ...started])
        assert.match(
          wrong({ ...sync, [key]: "10s" })[0],
          new RegExp(`${key}: must be left out; with commitlog_sync batch`),
        );
  });

  it("may be those that keep rows safe, and may be taken out where Cassandra's own value does", () => {
    const right: Record<string, unknown[]> = {
      commitlog_sync: ["batch"],
      disk_failure_policy: ["stop", "stop_paranoid", "die"],
      commit_failure_policy: ["die", "stop_commit", null],
      hinted_handoff_enabled: [true, "true", null],
      hinted_handoff_disabled_datacenters: [[], null],
      max_hint_window: ["6h", "10m", "600s", "600000ms", "3d", null],
      max_hints_size_per_host: ["0B", "0MiB", "1GiB", "1024MiB", null],
      hinted_handoff_throttle: ["0KiB", "128KiB", "1MiB", null],
      hints_flush_period: ["10s", "1m", null],
      enforce_native_deadline_for_hints: [false, null],
      allow_insecure_udfs: [false, null],
    };
    for (const [key, values] of Object.entries(right))
      for (const value of values) assert.deepEqual(wrong({ [key]: value }), [], `${key}: ${JSON.stringify(value)}`);
  });

  it("are refused without a word of their values where these are secret", () => {
    const cassandraYaml = { disk_failure_policy: "ignore" };
    for (const [config, secrets] of [
      [{ cassandraYaml }, ["cassandraYaml"]],
      [{ persistent: { cassandraYaml } }, ["persistent"]],
    ] as [Record<string, unknown>, string[]][])
      assert.throws(() => read(config, secrets), /disk_failure_policy: invalid value "\[secret\]": /);
  });
});
