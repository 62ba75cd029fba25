import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { canonicalAddress } from "../../../components/cassandra/address";
import type { World } from "./podWorld";
import { run, scripts } from "./runScript";
import { formed, id } from "./statefulSetRing";

/** Runs Python with the modules of the scripts, in a pod of that address. @returns the lines that it prints */
function python(program: string, address = "fd00::63"): string[] {
  const { stdout, stderr, status } = spawnSync("python3", ["-B", "-c", program, scripts], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, PYTHONPATH: scripts, RING_MEMBER: "cassandra-0", POD_IP: address },
  });
  assert.equal(status, 0, stderr);
  return stdout.trim().split("\n");
}

/** An address as Cassandra, Kubernetes and DNS may write it, and as it is compared. */
const forms: Record<string, string> = {
  "fd00::5": "fd00::5",
  "fd00:0:0:0:0:0:0:5": "fd00::5",
  "FD00:0:0::5": "fd00::5",
  "/fd00:0:0:0:0:0:0:5": "fd00::5",
  "[fd00::5]": "fd00::5",
  "[fd00:0:0:0:0:0:0:5]:7000": "fd00::5",
  "/[fd00:0:0:0:0:0:0:5]:7000": "fd00::5",
  "cassandra-0.cassandra/[fd00:0:0:0:0:0:0:5]:7000": "fd00::5",
  "fd00:0:0:0:0:0:0:5%eth0": "fd00::5",
  "fd00:0:0:1:0:0:0:0": "fd00:0:0:1::",
  "fd00:0:1:2:3:4:5:6": "fd00:0:1:2:3:4:5:6",
  "10.0.0.5": "10.0.0.5",
  "/10.0.0.5": "10.0.0.5",
  "10.0.0.5:7000": "10.0.0.5",
  "cassandra-0.cassandra/10.0.0.5:7000": "10.0.0.5",
  "cassandra-0.cassandra": "cassandra-0.cassandra",
  "": "",
};

describe("addresses in every form that Cassandra and Kubernetes write", () => {
  it("become one form in the pods", () => {
    const program = `from ip_address import canonical\nfor text in ${JSON.stringify(Object.keys(forms))}: print(canonical(text))`;
    assert.deepEqual(python(program), Object.values(forms).join("\n").trim().split("\n"));
  });

  it("become the same form in the program", () => {
    assert.deepEqual(Object.keys(forms).map(canonicalAddress), Object.values(forms));
  });

  it("of another pod are those of this pod's family, of which Cassandra takes one", () => {
    const program = `
import socket, system
known = {socket.AF_INET: "10.0.0.5", socket.AF_INET6: "fd00:0::5"}
socket.getaddrinfo = lambda host, port, family: [(family, 0, 0, "", (known[family], 0))]
print(system.ADDRESS, *system.addresses("cassandra-1.cassandra"))`;
    assert.deepEqual(python(program, "fd00:0:0::63"), ["fd00::63 fd00::5"]);
    assert.deepEqual(python(program, "10.0.0.99"), ["10.0.0.99 10.0.0.5"]);
  });
});

describe("a pod with an address of IPv6", function () {
  this.timeout(60_000);
  const at = (i: number) => `fd00::${i}`;
  /** As Java writes it. */
  const long = (i: number) => `fd00:0:0:0:0:0:0:${i}`;
  const members = Object.fromEntries([0, 1, 2].map((i) => [`cassandra-${i}`, `${id(i)} ${at(i)}`]));
  const addresses = Object.fromEntries([0, 1, 2].map((i) => [`cassandra-${i}.cassandra`, at(i)]));
  const world: World = {
    pod: "cassandra-1",
    env: {
      POD_IDENTITY: "ordinal",
      POD_IP: at(99),
      CASSANDRA_LISTEN_ADDRESS: at(99),
      CASSANDRA_RPC_ADDRESS: "0.0.0.0",
    },
    record: { ...members, ...formed },
    files: { "ring-member": id(1) },
    data: true,
    addresses,
    peers: Object.fromEntries([0, 1, 2].map((i) => [id(i), long(i)])),
    serving: ["cassandra-0.cassandra"],
    cassandra: 'echo "$CASSANDRA_LISTEN_ADDRESS $CASSANDRA_RPC_ADDRESS"',
  };

  it("has Java use IPv6, and tells Cassandra addresses in place of names that may have both families", async () => {
    const outcome = await run("entrypoint.sh", [], world);
    assert.equal(outcome.startMode, "restart", outcome.said);
    assert.deepEqual(outcome.options, ["-Djava.net.preferIPv4Stack=false"]);
    assert.equal(outcome.seeds, at(0));
    assert.match(outcome.said, /^"fd00::99" 0\.0\.0\.0$/m);
    // One of IPv4 is told what it was told before there was IPv6.
    const env = { ...world.env, POD_IP: "10.0.0.99", CASSANDRA_LISTEN_ADDRESS: "10.0.0.99" };
    const former = await run("entrypoint.sh", [], { ...world, env });
    assert.deepEqual([former.options, former.seeds], [[], "cassandra-0.cassandra"]);
    assert.match(former.said, /^10\.0\.0\.99 0\.0\.0\.0$/m);
  });

  it("waits while the ring knows another member by its address", async () => {
    const record = { ...world.record, "cassandra-2": `${id(2)} ${at(99)}` };
    const outcome = await run("entrypoint.sh", [], { ...world, record });
    assert.equal(outcome.seeds, undefined);
    assert.match(
      outcome.said,
      /waiting: cassandra-2 must come back at another address: the ring knows it by fd00::99,/,
    );
  });

  it("replaces a lost member at the address by which the others know it", async () => {
    const peers = { [id(1)]: long(41), [id(2)]: long(2) };
    const lost = {
      ...world,
      files: {},
      data: false,
      peers,
      record: { ...world.record, moving: "cassandra-1 replaces cassandra-1" },
    };
    const outcome = await run("entrypoint.sh", [], { ...lost, files: { "ring-way": "replaces cassandra-1" } });
    assert.ok(outcome.options.includes(`-Dcassandra.replace_address_first_boot=${at(41)}`), outcome.said);
  });

  it("is a member once Cassandra says so of its address, and sees the others in nodetool's words", async () => {
    const states = `start bootstrap_ring ${at(99)}\nNode /[${long(99)}]:7000 state jump to NORMAL\n`;
    const status = [0, 2].map((i) => `UN  ${long(i)}  1 KiB  16  66.7%  ${id(i)}  rack1`);
    const own = `UN  ${long(99)}  1 KiB  16  66.7%  ${id(1)}  rack1`;
    const nodetool = `[ "$1" != status ] || printf '%s\\n' '${[...status, own].join("' '")}'`;
    const forming = { ...members, forming: "3" };
    const gossiping = ["cassandra-0.cassandra", "cassandra-1.cassandra", "cassandra-2.cassandra"];
    const outcome = await run("post-start.sh", ["bootstrap_ring", "closed"], {
      ...world,
      states,
      nodetool,
      gossiping,
      folders: ["data/system_auth/roles-1"],
      record: { ...forming, "cassandra-1": "empty" },
      files: { "ring-way": "forming 3" },
    });
    assert.equal(outcome.record["cassandra-1"], `${id(1)} ${at(99)}`, outcome.said);
    assert.match(outcome.said, /member 00000001\S+ is in the ring, at fd00::99/);
  });
});
