import * as assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

const scripts = path.join(__dirname, "../../components/cassandraPod");

/** What a pod finds when it starts. */
interface World {
  ordinal: number;
  /** The ring record; undefined means that the API server does not answer. */
  record?: Record<string, string>;
  /** Ordinals that serve CQL. */
  serving?: number[];
  /** Replicas that the set asks for. */
  replicas?: number;
  /** Whether the volume holds Cassandra's system tables. */
  data?: boolean;
  /** Host ID in the marker file of the volume. */
  marker?: string;
}

/** What start.sh did: the seeds and options that Cassandra was started with, or what it said before the time was up. */
interface Outcome {
  seeds?: string;
  options: string[];
  way?: string;
  record: Record<string, string>;
  said: string;
  code: number;
}

/** Runs the real start.sh with DNS, ports, the API server and Cassandra itself replaced, until it starts Cassandra or waits. */
async function start(world: World): Promise<Outcome> {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), "pod-"));
  try {
    for (const file of ["start.sh", "ring.sh", "tokens.sh"])
      fs.copyFileSync(path.join(scripts, file), path.join(home, file));
    const data = path.join(home, "data");
    fs.mkdirSync(data);
    if (world.data) {
      fs.mkdirSync(path.join(data, "data/system/local-1"), { recursive: true });
      fs.writeFileSync(path.join(data, "data/system/local-1/nb-1-big-Data.db"), "");
    }
    if (world.marker) fs.writeFileSync(path.join(data, "ring-member"), world.marker);
    const recordFile = path.join(home, "record");
    if (world.record) {
      fs.writeFileSync(
        recordFile,
        Object.entries(world.record)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(""),
      );
    }
    fs.appendFileSync(
      path.join(home, "ring.sh"),
      `
serves() { case " ${(world.serving ?? []).join(" ")} " in *" $1 "*) ;; *) return 1 ;; esac; }
record() {
  [ -e "${recordFile}" ] || return 1
  case $1 in
    show) cat "${recordFile}" ;;
    put) { grep -v "^$2=" "${recordFile}" || true; echo "$2=$3"; } >"${recordFile}.new"; mv "${recordFile}.new" "${recordFile}" ;;
    replicas) echo ${world.replicas ?? 3} ;;
  esac
}
getent() { true; }
`,
    );
    const stub = (file: string, text: string) =>
      fs.writeFileSync(path.join(home, file), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
    stub("register.sh", `echo "$*" >"${home}/way"`);
    stub(
      "docker-entrypoint.sh",
      `echo "$CASSANDRA_SEEDS" >"${home}/seeds"; printf '%s\\n' "$@" >"${home}/options"; sleep 0.2`,
    );

    const child = spawn("bash", [path.join(home, "start.sh")], {
      env: {
        ...process.env,
        PATH: `${home}:${process.env.PATH}`,
        HOSTNAME: `cassandra-${world.ordinal}`,
        POD_IP: "10.0.0.99",
        RING_NAME: "cassandra",
        RING_SERVICE: "cassandra",
        RING_RECORD: "cassandra-ring",
        CASSANDRA_NUM_TOKENS: "16",
        CASSANDRA_DATA: data,
      },
    });
    let said = "";
    const listen = (chunk: Buffer) => {
      said += chunk.toString();
      // It has looked once at all there is, and would look again: that is the outcome.
      if (said.includes("waiting: ")) child.kill("SIGTERM");
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    const [code] = (await once(child, "close")) as [number];

    const read = (file: string) => {
      const full = path.join(home, file);
      return fs.existsSync(full) ? fs.readFileSync(full, "utf8").trim() : undefined;
    };
    const lines = (read("record") ?? "").split("\n").filter(Boolean);
    return {
      seeds: read("seeds"),
      options: read("options")?.split("\n").slice(2) ?? [],
      way: read("way"),
      record: Object.fromEntries(lines.map((line) => line.split("=", 2) as [string, string])),
      said,
      code,
    };
  } finally {
    fs.rmSync(home, { recursive: true });
  }
}

const member = (i: number) => `0000000${i}-aaaa-bbbb-cccc-dddddddddddd 10.0.0.${i}`;
const formed = { formed: "2026-01-01T00:00:00Z" };
const three = { "cassandra-0": member(0), "cassandra-1": member(1), "cassandra-2": member(2) };
const never = (outcome: Outcome) => assert.equal(outcome.seeds, undefined, outcome.said);

describe("start.sh", function () {
  this.timeout(20_000);

  it("says that an empty disk is empty and waits for the others", async () => {
    const outcome = await start({ ordinal: 1, record: { "cassandra-0": "empty" } });
    never(outcome);
    assert.equal(outcome.record["cassandra-1"], "empty");
    assert.match(outcome.said, /waiting: cassandra-0 to say that the first ring forms/);
  });

  it("forms no ring before every pod of the set has said that its disk is empty", async () => {
    const outcome = await start({ ordinal: 0, record: { "cassandra-1": "empty" } });
    never(outcome);
    assert.equal(outcome.record.forming, undefined);
    assert.match(outcome.said, /waiting: all 3 pods to say that their disks are empty/);
  });

  it("forms no ring beside a pod that is a member already", async () => {
    const outcome = await start({ ordinal: 0, record: { "cassandra-1": member(1), "cassandra-2": "empty" } });
    never(outcome);
    assert.equal(outcome.record.forming, undefined);
  });

  it("forms the first ring once all disks are known to be empty", async () => {
    const outcome = await start({ ordinal: 0, record: { "cassandra-1": "empty", "cassandra-2": "empty" } });
    assert.equal(outcome.record.forming, "3");
    assert.equal(outcome.way, "form 3");
    assert.equal(outcome.seeds, "10.0.0.99,cassandra-1.cassandra,cassandra-2.cassandra");
    assert.ok(outcome.options.includes("-Dcassandra.auto_bootstrap=false"));
    assert.ok(
      outcome.options.includes("-Dcassandra.start_native_transport=false"),
      "CQL must stay closed until all are there",
    );
  });

  it("keeps a pod beyond the first ring waiting until that has formed", async () => {
    const outcome = await start({ ordinal: 3, record: { ...three, forming: "3" } });
    never(outcome);
    assert.match(outcome.said, /waiting: the first 3 members to form the ring/);
  });

  it("joins a ring by streaming, never as a seed of its own", async () => {
    const outcome = await start({ ordinal: 3, record: { ...three, ...formed }, serving: [0, 1, 2] });
    assert.equal(outcome.way, "join");
    assert.equal(outcome.seeds, "cassandra-0.cassandra,cassandra-1.cassandra,cassandra-2.cassandra");
    assert.deepEqual(outcome.options, []);
  });

  it("joins only after every pod of lower ordinal", async () => {
    const outcome = await start({ ordinal: 4, record: { ...three, ...formed }, serving: [0, 1, 2] });
    never(outcome);
    assert.match(outcome.said, /waiting: .*cassandra-3\.cassandra must serve CQL before this pod joins it/);
  });

  it("never forms a second ring while the members of the first are silent", async () => {
    const outcome = await start({ ordinal: 0, record: { ...three, ...formed } });
    never(outcome);
    assert.match(outcome.said, /this disk is empty, though cassandra-0 is a member .* will not form a second ring/);
  });

  it("takes its own place again when its disk is gone", async () => {
    const outcome = await start({ ordinal: 1, record: { ...three, ...formed }, serving: [0, 2] });
    assert.equal(outcome.way, "replace");
    assert.equal(outcome.seeds, "cassandra-0.cassandra,cassandra-2.cassandra");
    assert.deepEqual(outcome.options, ["-Dcassandra.replace_address_first_boot=10.0.0.1"]);
  });

  it("comes back as itself, with others as seeds", async () => {
    const outcome = await start({
      ordinal: 0,
      record: { ...three, ...formed },
      serving: [1, 2],
      data: true,
      marker: "id-0",
    });
    assert.equal(outcome.way, "restart");
    assert.equal(outcome.seeds, "cassandra-1.cassandra,cassandra-2.cassandra");
    assert.deepEqual(outcome.options, []);
  });

  it("names the first members as seeds when the whole ring starts again", async () => {
    const outcome = await start({ ordinal: 2, record: { ...three, ...formed }, data: true, marker: "id-2" });
    assert.equal(outcome.seeds, "cassandra-0.cassandra,cassandra-1.cassandra,10.0.0.99");
    assert.deepEqual(outcome.options, []);
  });

  it("comes back as itself without the API server", async () => {
    const outcome = await start({ ordinal: 1, serving: [0], data: true, marker: "id-1" });
    assert.equal(outcome.way, "restart");
    assert.equal(outcome.seeds, "cassandra-0.cassandra");
  });

  it("waits for the API server when its disk is empty", async () => {
    const outcome = await start({ ordinal: 0 });
    never(outcome);
    assert.match(outcome.said, /waiting: the ring record cassandra-ring to be readable/);
  });

  it("takes a disk with rows and no record for a member, not for an empty one", async () => {
    const outcome = await start({ ordinal: 0, record: {}, data: true });
    assert.equal(outcome.way, "restart");
    assert.equal(outcome.record["cassandra-0"], undefined);
  });

  it("goes on with a formation that was cut off", async () => {
    const outcome = await start({ ordinal: 1, record: { ...three, "cassandra-1": "empty", forming: "3" }, data: true });
    assert.equal(outcome.way, "form 3");
    assert.ok(outcome.options.includes("-Dcassandra.start_native_transport=false"));
  });

  it("ends on SIGTERM while it waits, or it would use up the grace period of the pod", async () => {
    assert.equal((await start({ ordinal: 0 })).code, 143);
  });
});

describe("tokens.sh", () => {
  /** Owner of each token of a first ring. */
  function ring(members: number): Map<bigint, number> {
    const owners = new Map<bigint, number>();
    const script = `. ${path.join(scripts, "tokens.sh")}; for ((i = 0; i < ${members}; i++)); do tokens $i ${members} 16; done`;
    const lines = spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout.trim().split("\n");
    lines.forEach((line, i) => line.split(",").forEach((token) => owners.set(BigInt(token), i)));
    return owners;
  }

  for (const members of [1, 2, 3, 4, 5, 8, 20]) {
    it(`gives each of ${members} members 16 tokens and the same share`, () => {
      const owners = ring(members);
      assert.equal(owners.size, 16 * members, "every token is distinct");
      const sorted = [...owners.keys()].sort((a, b) => (a < b ? -1 : 1));
      const shares = Array<bigint>(members).fill(0n);
      sorted.forEach((token, i) => {
        shares[owners.get(token) as number] += i
          ? token - sorted[i - 1]
          : token - (sorted[sorted.length - 1] - 2n ** 64n);
      });
      for (const share of shares) assert.ok(Math.abs(Number(share) / 2 ** 64 - 1 / members) < 1e-9, `share ${share}`);
    });
  }

  it("spreads what a leaver owned over all that stay", () => {
    const members = 4;
    const owners = ring(members);
    const sorted = [...owners.keys()].sort((a, b) => (a < b ? -1 : 1)).map((token) => owners.get(token) as number);
    for (let leaver = 0; leaver < members; leaver++) {
      const heirs = new Set<number>();
      sorted.forEach((owner, i) => {
        let next = i;
        while (sorted[next % sorted.length] === leaver) next++;
        if (owner === leaver) heirs.add(sorted[next % sorted.length]);
      });
      assert.equal(heirs.size, members - 1, `member ${leaver} hands over to ${[...heirs].join(", ")} alone`);
    }
  });
});
