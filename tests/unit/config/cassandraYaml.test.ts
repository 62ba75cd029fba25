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
    for (const value of [0, "0s", "0", "none", [], {}]) assert.equal(wrong({ max_hint_window: value }).length, 1);
    assert.match(
      wrong({ max_hint_window_in_ms: 0 }, "cassandra:4.0.18")[0],
      /invalid value "0": must be a time above zero; with another value, a member that was down/,
    );
    assert.match(
      wrong({ max_hint_window_in_ms: 0 })[0],
      /unknown key of Cassandra 5.0; its name there is max_hint_window/,
    );
  });

  it("may be those that keep rows safe, and may be taken out where Cassandra's own value does", () => {
    const right: Record<string, unknown[]> = {
      commitlog_sync: ["batch", "group"],
      disk_failure_policy: ["stop", "stop_paranoid", "die"],
      commit_failure_policy: ["die", "stop_commit", null],
      hinted_handoff_enabled: [true, "true", null],
      hinted_handoff_disabled_datacenters: [[], null],
      max_hint_window: ["6h", 10800000, null],
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
