import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cqlshStub } from "./cqlshStub";
import { imageConfiguration, moduleStubs } from "./podStubs";
import type { Outcome, World } from "./podWorld";

export const scripts = path.join(__dirname, "../../../components/pod");

/** What Cassandra says of itself once it is a member. */
const isNormal = "start restart 10.0.0.99\nNode /10.0.0.99:7000 state jump to NORMAL\n";

const lines = (entries: Record<string, string>) =>
  Object.entries(entries)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");

/** Runs one of the real scripts in a world of files, until it starts Cassandra, ends, or has nothing to do but wait. */
export async function run(script: string, args: string[], world: World): Promise<Outcome> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "pod-"));
  const file = (name: string) => path.join(home, name);
  try {
    for (const name of fs.readdirSync(scripts)) fs.copyFileSync(path.join(scripts, name), file(name));
    const data = file("data");
    fs.mkdirSync(path.join(data, "data/system/local-1"), { recursive: true });
    if (world.data) fs.writeFileSync(path.join(data, "data/system/local-1/nb-1-big-Data.db"), "");
    for (const folder of world.folders ?? []) fs.mkdirSync(path.join(data, folder), { recursive: true });
    for (const [name, content] of Object.entries(world.files ?? {})) fs.writeFileSync(path.join(data, name), content);
    if (world.record) fs.writeFileSync(file("record"), lines(world.record));
    for (const folder of ["etc", "conf"]) fs.mkdirSync(file(folder));
    for (const folder of ["etc", "conf"]) fs.writeFileSync(file(`${folder}/cassandra.yaml`), imageConfiguration);
    fs.mkdirSync(file("lib"));
    for (const jar of ["guava-32.0.1", ...(world.version ? [`apache-cassandra-${world.version}`] : [])])
      fs.writeFileSync(file(`lib/${jar}.jar`), "");
    fs.writeFileSync(file("cassandra.json"), JSON.stringify(world.changes ?? {}));
    fs.writeFileSync(file("version"), "1\n");
    fs.writeFileSync(file("view"), (world.view ?? []).map((line) => `${line}\n`).join(""));
    fs.writeFileSync(file("open.9042"), (world.serving ?? []).join(" "));
    fs.writeFileSync(file("open.7000"), (world.gossiping ?? world.serving ?? []).join(" "));
    for (const [name, stubs] of Object.entries(moduleStubs(world))) fs.appendFileSync(file(name), stubs);
    const states = world.states ?? (script === "entrypoint.sh" ? "" : isNormal);
    if (states) fs.writeFileSync(file("data/ring-states"), states);
    for (const [name, content] of Object.entries(world.scratch ?? {})) fs.writeFileSync(file(name), content);
    const cassandra = world.ends ? spawn("sleep", ["60"]) : undefined;
    if (cassandra) fs.writeFileSync(file("cassandra.pid"), `${cassandra.pid}`);
    fs.writeFileSync(file("roles"), lines(world.roles ?? {}));
    const { username, password, known } = world.secret ?? {};
    if (world.secret) fs.writeFileSync(file("secret"), `${username}\n${password}\n`);
    if (known) fs.writeFileSync(file("known"), `${known}\n`);
    fs.mkdirSync(file("tls"));
    for (const [name, content] of Object.entries(world.tls ?? {}))
      fs.writeFileSync(path.join(home, "tls", name), content);
    const taken = world.taken ?? world.tls;
    if (taken && script === "post-start.sh") {
      fs.writeFileSync(file("conf/keystore.pem"), taken["tls.key"] + taken["tls.crt"]);
      fs.writeFileSync(file("conf/truststore.pem"), taken["ca.crt"]);
    }

    const stub = (name: string, text: string) =>
      fs.writeFileSync(file(name), `#!/bin/bash\nworld=\${0%/*}\n${text}\n`, { mode: 0o755 });
    if (script !== "post-start.sh") stub("post-start.sh", `echo "$*" >"$world/start-mode"`);
    stub("cqlsh", cqlshStub(world));
    stub(
      "nodetool",
      `echo "$*" >>"$world/nodetool.log"
${world.nodetool ?? ":"}
[ "$1" != decommission ] || echo DECOMMISSIONED >>"$world/data/ring-states"`,
    );
    stub(
      "docker-entrypoint.sh",
      `echo "$CASSANDRA_SEEDS" >"$world/seeds"; printf '%s\\n' "$@" >"$world/options"
[ -z "\${CASSANDRA_BROADCAST_RPC_ADDRESS-}" ] || echo "$CASSANDRA_BROADCAST_RPC_ADDRESS" >"$world/broadcast"
${world.cassandra ?? ":"}
# What runs beside Cassandra has begun by the time that Cassandra ends, however busy the machine is.
for _ in $(seq 100); do [ ! -s "$world/start-mode" ] || break; sleep 0.1; done`,
    );

    const child = spawn("sh", [file(script), ...args], {
      env: {
        ...process.env,
        PATH: `${home}:${process.env.PATH}`,
        HOSTNAME: world.pod,
        POD_IP: "10.0.0.99",
        POD_UID: "this-pod",
        RING_MEMBER: world.pod,
        RING_NAME: "cassandra",
        RING_SETS: "cassandra",
        RING_SERVICE: "cassandra",
        RING_RECORD: "cassandra-ring",
        CASSANDRA_NUM_TOKENS: "16",
        CASSANDRA_DC: "dc1",
        ...(world.tls && { RING_TLS: "cassandra-tls", RING_TLS_FOLDER: file("tls") }),
        ...(world.secret && { RING_SUPERUSER: "cassandra-superuser" }),
        CASSANDRA_HOME: home,
        CASSANDRA_IMAGE_CONF: file("etc"),
        CASSANDRA_CONF: file("conf"),
        CASSANDRA_DATA: data,
        TMPDIR: home,
        ...world.env,
      },
    });
    child.stdin.end();
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const [code] = (await once(child, "close")) as [number];
    if (cassandra) await Promise.race([once(cassandra, "exit"), sleep(1000)]);
    const hasEnded = cassandra !== undefined && cassandra.signalCode !== null;
    cassandra?.kill();

    const read = (name: string) => (fs.existsSync(file(name)) ? fs.readFileSync(file(name), "utf8").trim() : undefined);
    const list = (name: string) => read(name)?.split("\n").filter(Boolean) ?? [];
    const kept = fs
      .readdirSync(data, { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "ring-states");
    const table = (name: string) =>
      Object.fromEntries(list(name).map((line) => line.split(/=(.*)/, 2) as [string, string]));
    const pem = (name: string) => ({
      content: fs.existsSync(file(name)) ? fs.readFileSync(file(name), "utf8") : "",
      mode: fs.existsSync(file(name)) ? fs.statSync(file(name)).mode & 0o777 : 0,
    });
    return {
      seeds: read("seeds"),
      options: list("options").slice(2),
      broadcast: read("broadcast"),
      startMode: read("start-mode"),
      record: table("record"),
      said,
      code,
      hasEnded,
      files: Object.fromEntries(kept.map(({ name }) => [name, fs.readFileSync(path.join(data, name), "utf8").trim()])),
      data: fs.existsSync(path.join(data, "data/system/local-1/nb-1-big-Data.db")),
      nodetool: list("nodetool.log"),
      known: read("known"),
      roles: table("roles"),
      cqlsh: list("cqlsh.log"),
      tls: list("tls.log"),
      certificates: { keystore: pem("conf/keystore.pem"), truststore: pem("conf/truststore.pem") },
      left: fs.readdirSync(home).filter((name) => name.startsWith("tmp.")),
      configuration: list("conf/cassandra.yaml"),
    };
  } finally {
    fs.rmSync(home, { recursive: true });
  }
}
