import assert from "node:assert/strict";
import { execFileSync, spawnSync, SpawnSyncReturns } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ARCHITECTURE, writeArchive } from "../../../lab/src/archive";

const ROOTFS = join(__dirname, "../../../lab/image/rootfs");

describe("the lab's images", () => {
  let dir: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "lab-images-"));
  });

  afterEach(() => rmSync(dir, { recursive: true }));

  it("are archives as `docker save` writes them", async () => {
    const root = join(dir, "root");
    const out = join(dir, "out");
    mkdirSync(join(root, "bin"), { recursive: true });
    mkdirSync(out);
    script(join(root, "bin/hello"), "echo hello");
    const config = { Entrypoint: ["/bin/hello"], Env: ["PATH=/bin"] };
    await writeArchive(join(dir, "image.tar"), "registry.local/hello:1", root, config);

    execFileSync("tar", ["--extract", "--file", join(dir, "image.tar"), "--directory", out]);
    const read = (file: string): unknown => JSON.parse(readFileSync(join(out, file), "utf8"));
    const [manifest, ...others] = read("manifest.json") as { Config: string; RepoTags: string[]; Layers: string[] }[];
    assert.deepEqual(others, []);
    assert.deepEqual(manifest.RepoTags, ["registry.local/hello:1"]);
    assert.equal(manifest.Layers.length, 1);
    const layer = join(out, manifest.Layers[0]);
    const digest = createHash("sha256").update(readFileSync(layer)).digest("hex");
    assert.deepEqual(read(manifest.Config), {
      architecture: ARCHITECTURE,
      os: "linux",
      created: "1970-01-01T00:00:00.000Z",
      config,
      rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
      history: [{ created: "1970-01-01T00:00:00.000Z" }],
    });
    const files = execFileSync("tar", ["--list", "--verbose", "--file", layer], { encoding: "utf8" });
    assert.match(files, /^-rwxr-xr-x .* \.\/bin\/hello$/m);
  });

  describe("the entry point", () => {
    it("writes addresses, seeds and every known variable into the configuration", () => {
      const { yaml, rackdc } = enter({
        CASSANDRA_SEEDS: "a,b",
        CASSANDRA_CLUSTER_NAME: "my ring",
        CASSANDRA_NUM_TOKENS: "4",
        CASSANDRA_ENDPOINT_SNITCH: "GossipingPropertyFileSnitch",
        CASSANDRA_DC: "east",
        CASSANDRA_RACK: "r2",
      });
      assert.match(yaml, /- seeds: "a,b"$/m);
      for (const line of [
        "cluster_name: my ring",
        "num_tokens: 4",
        "endpoint_snitch: GossipingPropertyFileSnitch",
        "listen_address: 10.1.2.3",
        "broadcast_address: 10.1.2.3",
        "broadcast_rpc_address: 10.1.2.3",
        "rpc_address: 0.0.0.0",
      ]) {
        assert.ok(yaml.split("\n").includes(line), line);
      }
      assert.match(rackdc, /^dc=east\nrack=r2$/m);
    });

    it("takes itself for the seed unless told otherwise, and keeps what it is not told", () => {
      const { yaml, rackdc } = enter({});
      assert.match(yaml, /- seeds: "10\.1\.2\.3"$/m);
      assert.match(yaml, /^cluster_name: 'Test Cluster'$/m);
      assert.match(rackdc, /^dc=dc1\nrack=rack1$/m);
    });

    it("knows no variable that the official one does not know", () => {
      assert.deepEqual(enter({ CASSANDRA_INITIAL_TOKEN: "1", CASSANDRA_AUTO_BOOTSTRAP: "false" }), enter({}));
    });

    it("leaves the configuration alone for other commands", () => {
      const untouched = readFileSync(join(ROOTFS, "etc/cassandra/cassandra.yaml"), "utf8");
      assert.equal(enter({}, ["true"]).yaml, untouched);
    });

    it("starts `cassandra -f` if it gets options only", () => {
      assert.match(enter({}, ["-R"]).stdout, /^started -f -R$/m);
      assert.match(enter({}, []).stdout, /^started -f$/m);
    });
  });

  describe("bin/cassandra", () => {
    it("gives Java the heap, and JVM_EXTRA_OPTS after all other options", () => {
      const variables = { MAX_HEAP_SIZE: "300M", JVM_EXTRA_OPTS: "-Dlast=1" };
      const { stdout } = start(["-f", "-Dcassandra.join_ring=false"], variables);
      const words = stdout.trim().split(" ");
      assert.ok(words.includes("-Xms300M") && words.includes("-Xmx300M"), stdout);
      assert.ok(words.includes("-XX:+UseG1GC") && words.includes("--add-opens=java.base/java.io=ALL-UNNAMED"), stdout);
      assert.ok(words.indexOf("-Dlast=1") > words.indexOf("-Dcassandra.jmx.local.port=7199"), stdout);
      assert.ok(words.indexOf("-Dcassandra.join_ring=false") > words.indexOf("-Dlast=1"), stdout);
      assert.equal(words.at(-1), "org.apache.cassandra.service.CassandraDaemon");
    });

    it("refuses root, the background and what it does not know", () => {
      assert.match(start(["-f"], {}, "0").stderr, /refuses to run as root/);
      assert.equal(start(["-f", "-R"], {}, "0").status, 0);
      assert.match(start([], {}).stderr, /-f is missing/);
      assert.match(start(["-f", "--fast"], {}).stderr, /unknown argument --fast/);
    });
  });

  /** Runs the entry point on a copy of the configuration, with stand-ins for what it calls. */
  function enter(variables: Record<string, string>, args = ["cassandra", "-f"]) {
    const conf = join(dir, "conf");
    rmSync(conf, { recursive: true, force: true });
    cpSync(join(ROOTFS, "etc/cassandra"), conf, { recursive: true });
    const bin = programs("999");
    script(join(bin, "ip"), "echo '1: lo inet 127.0.0.1/8 scope host'; echo '2: eth0 inet 10.1.2.3/24 brd 10.1.2.255'");
    script(join(bin, "cassandra"), 'echo started "$@"');
    const env = { PATH: `${bin}:${process.env.PATH}`, CASSANDRA_CONF: conf, ...variables };
    const done = spawnSync(join(ROOTFS, "usr/local/bin/docker-entrypoint.sh"), args, { env, encoding: "utf8" });
    assert.equal(done.status, 0, done.stderr);
    const [yaml, rackdc] = ["cassandra.yaml", "cassandra-rackdc.properties"].map((file) =>
      readFileSync(join(conf, file), "utf8"),
    );
    return { yaml, rackdc, stdout: done.stdout };
  }

  /** Runs bin/cassandra with a Java that prints its arguments. */
  function start(args: string[], variables: Record<string, string>, user = "999"): SpawnSyncReturns<string> {
    const bin = programs(user);
    script(join(bin, "numactl"), "exit 1");
    mkdirSync(join(dir, "java/bin"), { recursive: true });
    script(join(dir, "java/bin/java"), 'echo "$@"');
    const env = {
      PATH: `${bin}:${process.env.PATH}`,
      JAVA_HOME: join(dir, "java"),
      CASSANDRA_HOME: join(ROOTFS, "opt/cassandra"),
      CASSANDRA_CONF: join(ROOTFS, "etc/cassandra"),
      CASSANDRA_LIBJEMALLOC: "-",
      ...variables,
    };
    return spawnSync(join(ROOTFS, "opt/cassandra/bin/cassandra"), args, { env, encoding: "utf8" });
  }

  function programs(user: string): string {
    const bin = join(dir, "bin");
    mkdirSync(bin, { recursive: true });
    script(join(bin, "id"), `echo ${user}`);
    return bin;
  }

  function script(file: string, body: string): void {
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
  }
});
