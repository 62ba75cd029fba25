import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const scripts = path.join(__dirname, "../../../components/pod");

/** What a pod finds around it. */
export interface World {
  /** Name of the pod; with ordinal where it has one. */
  pod: string;
  /** What the pod template sets beside the names of the ring. */
  env: Record<string, string>;
  /** The ring record; undefined means that the API server does not answer. */
  record?: Record<string, string>;
  /** Exit code of every call of record.py, as of an API server that refuses. @default 0 */
  refusal?: number;
  /** Hosts whose CQL port is open. */
  serving?: string[];
  /** Hosts whose gossip port is open. @default those that serve CQL */
  gossiping?: string[];
  /** Addresses that DNS has for hosts. @default 10.0.0.77 for each, and Cassandra finds the others by itself */
  addresses?: Record<string, string>;
  /** What `record.py view` tells beside the record, a line each: `pod a 10.0.0.1 here`, `wanted 3`. */
  view?: string[];
  /** Replicas that the set asks for. */
  replicas?: number;
  /** Whether the disk holds Cassandra's system tables. */
  data?: boolean;
  /** Files in the data folder, by name. */
  files?: Record<string, string>;
  /** Lines that Cassandra has written of its state. @default it is NORMAL; none where it is about to start */
  states?: string;
  /** Files of the pod's scratch folder. */
  scratch?: Record<string, string>;
  /** Whether there is a process in the place of Cassandra, which the script may end. */
  ends?: boolean;
  /** Further folders below the data folder. */
  folders?: string[];
  /** Version of the Cassandra in the image. @default its jars do not tell */
  version?: string;
  /** Shell code of that Cassandra, which then ends. */
  cassandra?: string;
  /** What is changed in the image's cassandra.yaml. */
  changes?: Record<string, unknown>;
  /** Body of the `nodetool` that the scripts find. */
  nodetool?: string;
  /** What the Secret of the superuser holds; without one nobody has to log in. */
  secret?: { username: string; password: string; known?: string };
  /** Files of the Secret with the certificates; without one nothing is encrypted. */
  tls?: Record<string, string>;
  /** Those that a running Cassandra was started with. @default the same */
  taken?: Record<string, string>;
  /** Shell code that runs each time the script sleeps, `naps` times so far. */
  nap?: string;
  /** Who can log in to the ring, with which password. */
  roles?: Record<string, string>;
  /** What cqlsh prints for statements that ask for something. */
  answer?: string;
  /** What cqlsh complains of, whatever it is to do. @default nothing */
  complaint?: string;
  /** Members that the others know: addresses by host IDs. @default those of the record; nobody answers where there is none */
  peers?: Record<string, string>;
  /** Shell code that runs each time the script has waited: how the world goes on meanwhile. It sees the files of `put_view`. */
  meanwhile?: string;
  /** How often the script waits for others before it is ended. @default once, and six times with `meanwhile` */
  waits?: number;
}

/** What a script did, until it ended or waited for the last time. */
export interface Outcome {
  /** Seeds and options that Cassandra was started with. */
  seeds?: string;
  options: string[];
  /** Argument of post-start.sh. */
  way?: string;
  record: Record<string, string>;
  said: string;
  code: number;
  /** Whether the process in the place of Cassandra has ended. */
  hasEnded: boolean;
  /** Files of the data folder, by name, and whether the system tables are there. */
  files: Record<string, string>;
  data: boolean;
  /** Command lines of nodetool. */
  nodetool: string[];
  /** Password that the Secret says the ring knows. */
  known?: string;
  roles: Record<string, string>;
  /** What Cassandra finds as its key and chain, and as those that it trusts. */
  certificates: Record<"keystore" | "truststore", { content: string; mode: number }>;
  /** Temporary files that are left. */
  left: string[];
  /** Who ran which statements in cqlsh, with which arguments: `admin (-e x): SELECT 1;`. */
  cqlsh: string[];
  /** Which certificate cqlsh showed, of which key, and whom it trusted: `admin shows a, of b, and trusts c`. */
  tls: string[];
  /** The cassandra.yaml that Cassandra finds. */
  configuration: string[];
}

/** Some lines of the image's cassandra.yaml. */
const configuration = `cluster_name: 'Test Cluster'
commitlog_sync: periodic
commitlog_sync_period: 10000ms
# commitlog_sync_group_window: 1000ms
seed_provider:
  # Addresses of members.
  - class_name: org.apache.cassandra.locator.SimpleSeedProvider
    parameters:
      - seeds: "127.0.0.1:7000"

data_file_directories:
- /var/lib/cassandra/data
authenticator:
  class_name : AllowAllAuthenticator
# of another authenticator
#  parameters :
authorizer: AllowAllAuthorizer
`;

/** What Cassandra says of itself once it is a member. */
const isNormal = "start restart 10.0.0.99\nNode /10.0.0.99:7000 state jump to NORMAL\n";

const lines = (entries: Record<string, string>) =>
  Object.entries(entries)
    .map(([key, value]) => `${key}=${value}\n`)
    .join("");

/** Replaces what the scripts see of the world beside its processes: ports, DNS, the clock. Appended to around.py. */
const aroundStubs = (world: World) => `
import threading

world, counts = HERE, threading.local()


def lines_of(name):
    try:
        with open(os.path.join(world, name)) as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def listens(host, port):
    return host in " ".join(lines_of("open.%d" % port)).split()


def addresses(host):
    return [${JSON.stringify(world.addresses ?? {})}.get(host, "10.0.0.77")]


def bash(code, **variables):
    subprocess.run(["bash", "-c", code], env=dict(os.environ, world=world, **variables), check=True)


def sleep(seconds):
    counts.naps = getattr(counts, "naps", 0) + 1
    if counts.naps >= 40:
        raise SystemExit(98)
    time.sleep(0.02)  # commands that run beside it get on meanwhile
    nap = ${JSON.stringify(world.nap ?? "")}
    if nap:
        bash(nap, naps=str(counts.naps))


def wait_for(*words):
    said = "waiting: " + " ".join(str(word) for word in words)
    if said != getattr(counts, "said", ""):
        say(said)
    counts.said, counts.waits = said, getattr(counts, "waits", 0) + 1
    if counts.waits >= ${world.waits ?? (world.meanwhile ? 6 : 1)}:
        raise SystemExit(99)
`;

/** Replaces the API server by files. Appended to record.py. */
const recordStubs = (world: World) => `
import around


def answer():
    if ${world.refusal ?? 0}:
        raise {4: Unknown}.get(${world.refusal ?? 0}, NoAnswer)("refused")


def read():
    answer()
    if not os.path.exists(os.path.join(around.world, "record")):
        raise NoAnswer("no record")
    return around.lines_of("version")[0], dict(line.split("=", 1) for line in around.lines_of("record"))


def change(version, entries):
    now, there = read()
    if now != version:
        raise Conflict("somebody wrote first")
    there.update(entries)
    with open(os.path.join(around.world, "record"), "w") as file:
        file.writelines("%s=%s\\n" % entry for entry in there.items() if entry[1] is not None)
    with open(os.path.join(around.world, "version"), "w") as file:
        file.write("%d\\n" % (int(now) + 1))


def view():
    version, entries = read()
    lines = [line.split() for line in around.lines_of("view")]
    told = {words[0]: words[1] for words in lines if words[0] != "pod"}
    pods = {name: (address.strip("-"), state != "here") for _, name, address, state in (w for w in lines if w[0] == "pod")}
    return {
        "version": version,
        "entries": entries,
        "pods": pods,
        "wanted": int(told.get("wanted", -1)),
        "has_heirs": told.get("heirs") == "yes",
        "goes": told.get("self") == "leaving",
    }


def own(claim):
    answer()


def replicas():
    answer()
    return ${world.replicas ?? 3}


def superuser():
    answer()
    return tuple(around.lines_of("secret") + [" ".join(around.lines_of("known"))])


def write_known(password):
    with open(os.path.join(around.world, "known"), "w") as file:
        file.write(password + "\\n")
`;

/** Addresses by host IDs. */
const membersIn = (record: Record<string, string>): Record<string, string> =>
  Object.fromEntries<string>(
    Object.values(record)
      .map((entry) => entry.split(" ") as [string, string])
      .filter(([, address]) => address?.startsWith("10.")),
  );

const peerRows = (peers: Record<string, string>) =>
  [" [json]", ...Object.entries(peers).map(([id, peer]) => JSON.stringify({ peer, host_id: id, tokens: ["1"] }))].join(
    "\n",
  );

/** A cqlsh that knows who can log in, and whose statements change that. */
const cqlsh = ({ answer = "", complaint = "", record, peers = record && membersIn(record) }: World) => `
if [ -n "${complaint}" ]; then
  echo "${complaint}" >&2
  exit 1
fi
if [[ "$*" != *-e* ]] && statements=$(cat) && [[ $statements == *"FROM system.peers"* ]]; then
  printf '%s\n' '${peers ? peerRows(peers) : ""}'
  exit
fi
if [ "$1" = --credentials ]; then
  [ "$(stat -c %a "$2")" = 600 ] || exit 3
  name=$(sed -n 's/^username = //p' "$2") password=$(sed -n 's/^password = //p' "$2")
  shift 2
fi
if [ "$1" = --cqlshrc ]; then
  ssl=$(sed -n '/^.ssl.$/,$p' "$2")
  file() { cat "$(sed -n "s/^$1 = //p" <<<"$ssl")"; }
  echo "\${name-nobody} shows $(file usercert), of $(file userkey), and trusts $(file certfile)" >>"$world/tls.log"
  shift 2
fi
if [ -z "\${name-}" ]; then
  echo "nobody ($*)" >>"$world/cqlsh.log"
  exit
fi
grep -qx "$name=$password" "$world/roles" || { echo "Bad credentials" >&2; exit 1; }
statements=\${statements-$(cat)}
echo "$name ($*): $(xargs -0 <<<"$statements" | tr -s ' \n' ' ')" >>"$world/cqlsh.log"
sed -nE "s/.* ROLE [A-Z ]*.(\\w+). WITH PASSWORD = '([^']*)'.*/\\1=\\2/p" <<<"$statements" >"$world/set"
sed -nE "s/.*DROP ROLE IF EXISTS (\\w+);.*/\\1/p" <<<"$statements" >"$world/shut"
while IFS== read -r role _; do sed -i "/^$role=/d" "$world/roles"; done < <(cat "$world/set" "$world/shut")
cat "$world/set" >>"$world/roles"
case $statements in *SELECT*) printf '%s\n' '${answer}' ;; esac
`;

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
    for (const folder of ["etc", "conf"]) fs.writeFileSync(file(`${folder}/cassandra.yaml`), configuration);
    fs.mkdirSync(file("lib"));
    for (const jar of ["guava-32.0.1", ...(world.version ? [`apache-cassandra-${world.version}`] : [])])
      fs.writeFileSync(file(`lib/${jar}.jar`), "");
    fs.writeFileSync(file("cassandra.json"), JSON.stringify(world.changes ?? {}));
    fs.writeFileSync(file("version"), "1\n");
    fs.writeFileSync(file("view"), (world.view ?? []).map((line) => `${line}\n`).join(""));
    fs.writeFileSync(file("open.9042"), (world.serving ?? []).join(" "));
    fs.writeFileSync(file("open.7000"), (world.gossiping ?? world.serving ?? []).join(" "));
    fs.appendFileSync(file("around.py"), aroundStubs(world));
    fs.appendFileSync(file("record.py"), recordStubs(world));
    if (!world.addresses) fs.appendFileSync(file("gossip.py"), "\n\ndef find_others():\n    pass\n");
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
    if (script !== "post-start.sh") stub("post-start.sh", `echo "$*" >"$world/way"`);
    stub("cqlsh", cqlsh(world));
    stub(
      "nodetool",
      `echo "$*" >>"$world/nodetool.log"
${world.nodetool ?? ":"}
[ "$1" != decommission ] || echo DECOMMISSIONED >>"$world/data/ring-states"`,
    );
    stub(
      "docker-entrypoint.sh",
      `echo "$CASSANDRA_SEEDS" >"$world/seeds"; printf '%s\\n' "$@" >"$world/options"
${world.cassandra ?? ":"}
sleep 0.2`,
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
      way: read("way"),
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
