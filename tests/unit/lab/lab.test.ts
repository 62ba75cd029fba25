import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { stopCluster } from "../../../lab/src/cluster";
import { corefile } from "../../../lab/src/dns";
import { Instance, repository } from "../../../lab/src/instance";
import { Lab } from "../../../lab/src/lab";
import { enter, findNetwork, networkOf, overlaps, startNetwork } from "../../../lab/src/network";
import { nodeLabels } from "../../../lab/src/node";
import { containerNetwork, kubelet } from "../../../lab/src/nodeConfig";
import { authority, issue, kubeconfig } from "../../../lab/src/pki";
import { volumeFor } from "../../../lab/src/provisioner";
import { pulumiWrapper } from "../../../lab/src/pulumiWrapper";
import { run, RunError } from "../../../lab/src/run";
import { mergeStack, StackFiles } from "../../../lab/src/stackFiles";
import { pinnedVersion } from "../../../lab/src/toolchain";

describe("the lab", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lab-test-"));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  describe("instances", () => {
    it("have a mark and a context of their own, in a folder of the clone", () => {
      const [one, other] = [new Instance("one"), new Instance("other")];
      assert.equal(one.dir, join(repository, ".lab", "one"));
      assert.match(one.cgroup, /^cassandra-lab-[0-9a-f]{12}$/);
      assert.equal(new Instance("one").cgroup, one.cgroup);
      assert.notEqual(other.cgroup, one.cgroup);
      assert.equal(one.context, "cassandra-lab-one");
    });

    for (const name of ["", "Main", "a b", "../up", "-a", "a".repeat(33), "contexts"]) {
      it(`refuse the name "${name}"`, () => assert.throws(() => new Instance(name), /--name/));
    }

    it("work one after the other on the same lab", async () => {
      const order: string[] = [];
      const work = (name: string, ms: number) => async () => {
        order.push(`${name} begins`);
        await new Promise((resolve) => setTimeout(resolve, ms));
        order.push(`${name} ends`);
      };
      const first = new Instance("unit").exclusively(work("first", 100));
      await Promise.all([first, new Instance("unit").exclusively(work("second", 0))]);
      assert.deepEqual(order, ["first begins", "first ends", "second begins", "second ends"]);
    });

    it("that were never up say so", () => {
      assert.throws(() => Lab.find("unit-never").env, /"unit-never" is not up: npm run lab -- up --name unit-never/);
    });
  });

  describe("network", () => {
    it("gives each slot addresses of its own", () => {
      const network = networkOf(3);
      assert.equal(network.link, "cassandra-lab3");
      assert.equal(network.controlPlane, "10.99.3.1");
      assert.equal(network.node(2), "10.99.3.12");
      assert.equal(network.pods(2), "10.244.2.0/24");
      assert.ok(networkOf(15).link.length <= 15, "Linux allows fifteen characters");
    });

    it("sees a range that another one holds or that holds it, and no other", () => {
      assert.ok(overlaps("10.99.3.0/24", "10.99.3.254/24"));
      assert.ok(overlaps("10.0.0.0/8", "10.99.3.254/24"));
      assert.ok(overlaps("10.99.3.7", "10.99.3.254/24"));
      assert.ok(!overlaps("10.99.2.0/24", "10.99.3.254/24"));
      assert.ok(!overlaps("default", "10.99.3.254/24"));
    });

    it("ends with its instance, though a connection of it waits for an answer that was cut off", async () => {
      const instance = new Instance("unit-network");
      await stopCluster(instance);
      const server = createServer();
      try {
        const { host } = await startNetwork(instance);
        await new Promise<void>((resolve) => server.listen(0, host, resolve));
        const { port } = server.address() as AddressInfo;
        // What has been sent and not been acknowledged outlives its process, in the kernel.
        const client =
          `const socket = require("net").connect(${port}, "${host}", () => {` +
          `require("child_process").execFileSync("ip", ["rule", "add", "to", "${host}", "blackhole"]);` +
          'socket.write("lost", () => process.exit()); })';
        const [nsenter, ...inside] = enter(instance, "network", "net");
        await run(nsenter, [...inside, process.execPath, "-e", client]);
        await stopCluster(instance);
        assert.equal(await findNetwork(instance), undefined);
      } finally {
        server.close();
        await stopCluster(instance);
        rmSync(instance.dir, { recursive: true, force: true });
      }
    });
  });

  describe("nodes", () => {
    it("are in three zones in turn", () => {
      const zones = [1, 2, 3, 4].map((number) => nodeLabels(number)["topology.kubernetes.io/zone"]);
      assert.deepEqual(zones, ["zone-a", "zone-b", "zone-c", "zone-a"]);
    });

    it("give their pods addresses of their own range", () => {
      const { plugins } = containerNetwork(networkOf(0), 2) as { plugins: { type: string; ipam: object }[] };
      assert.equal(plugins[0].type, "ptp");
      assert.deepEqual(plugins[0].ipam, {
        type: "host-local",
        dataDir: "/run/cni",
        ranges: [[{ subnet: "10.244.2.0/24" }]],
        routes: [{ dst: "0.0.0.0/0" }],
      });
    });

    it("keep containers in the lab's control group", () => {
      const files = { crt: "a.crt", key: "a.key", tokenKey: "t.key", tokenPublicKey: "t.pub" };
      const config = kubelet("node1", "lab/pods/node1", files, files) as Record<string, unknown>;
      assert.equal(config.cgroupRoot, "/lab/pods/node1");
      assert.equal(config.imageGCHighThresholdPercent, 100);
    });
  });

  it("answers names of the cluster, and says of any other that it does not exist", () => {
    const text = corefile(networkOf(1), "client.json");
    assert.match(text, /^cluster\.local in-addr\.arpa \{\n {2}bind 10\.99\.1\.1\n/);
    assert.match(text, /ttl 1\n/);
    assert.match(text, /rcode NXDOMAIN/);
    assert.doesNotMatch(text, /forward|cache/);
  });

  describe("certificates", () => {
    let instance: Instance;

    beforeEach(() => {
      instance = Object.assign(new Instance("unit"), { dir: folder });
    });

    it("are valid for their addresses, signed by the instance, and kept as long as they are good", async () => {
      const subject = { name: "server", addresses: ["DNS:server", "IP:10.99.0.1"] };
      const { crt, key } = await issue(instance, "server", subject);
      const { crt: ca } = await authority(instance);
      await run("openssl", ["verify", "-CAfile", ca, "-verify_ip", "10.99.0.1", "-purpose", "sslserver", crt]);
      assert.equal(statSync(key).mode & 0o077, 0);
      const before = readFileSync(crt, "utf8");
      await issue(instance, "server", subject);
      assert.equal(readFileSync(crt, "utf8"), before);
      await issue(instance, "server", { ...subject, addresses: ["DNS:server", "IP:10.99.5.1"] });
      assert.notEqual(readFileSync(crt, "utf8"), before);
    });

    it("make a kubeconfig that only root reads and that names the instance's context", async () => {
      const file = await kubeconfig(instance, "kubeconfig", "https://10.99.0.1:6443", { name: "admin" });
      const config = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
      assert.equal(config["current-context"], "cassandra-lab-unit");
      assert.equal(statSync(file).mode & 0o077, 0);
    });
  });

  it("gives a claim a folder of its name, with the class's rules", () => {
    const claim = {
      metadata: { name: "data-0", namespace: "ns", uid: "u1" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, volumeMode: "Filesystem" },
    };
    const cls = { metadata: { name: "fast" }, provisioner: "k8s.io/minikube-hostpath", reclaimPolicy: "Retain" };
    const { metadata, spec } = volumeFor(claim, cls, "/volumes");
    assert.equal(metadata?.name, "pvc-u1");
    assert.equal(metadata?.annotations?.["pv.kubernetes.io/provisioned-by"], "k8s.io/minikube-hostpath");
    assert.equal(spec?.hostPath?.path, "/volumes/ns-data-0-u1");
    assert.equal(spec?.persistentVolumeReclaimPolicy, "Retain");
    assert.deepEqual(spec?.capacity, { storage: "1Gi" });
    assert.equal(spec?.claimRef?.uid, "u1");
  });

  describe("stack files", () => {
    it("take over what changed and keep what was set", () => {
      const before = { config: { "p:a": 1, "p:b": 2, "p:gone": 3 } };
      const after = { config: { "p:a": 1, "p:b": 20, "p:new": { x: 1 } } };
      const own = { encryptionsalt: "salt", config: { "p:a": 5, "p:b": 2, "p:gone": 3, "p:own": 6 } };
      assert.deepEqual(mergeStack(before, after, own), {
        encryptionsalt: "salt",
        config: { "p:a": 5, "p:b": 20, "p:own": 6, "p:new": { x: 1 } },
      });
    });

    it("are the repository's at first, and outlive a setting", () => {
      const files = new StackFiles(folder);
      files.refresh("minikube");
      const copy = () => load(readFileSync(files.file("minikube"), "utf8")) as { config: Record<string, unknown> };
      const original = load(readFileSync(join(repository, "Pulumi.minikube.yaml"), "utf8"));
      assert.deepEqual(copy(), original);
      writeFileSync(files.file("minikube"), 'config:\n  cassandra:replicas: "7"\n');
      files.refresh("minikube");
      assert.deepEqual(copy(), { config: { "cassandra:replicas": "7" } });
      assert.deepEqual(files.option("minikube"), ["--config-file", join(folder, "Pulumi.minikube.yaml")]);
    });
  });

  describe("pulumi in the lab's shell", () => {
    const stacks = () => join(folder, "stacks");

    /** Arguments that the real pulumi gets. */
    async function passed(args: string[], cwd = repository): Promise<string[]> {
      const [real, wrapper] = [join(folder, "real"), join(folder, "pulumi")];
      writeFileSync(real, '#!/bin/sh\nfor argument in "$@"; do echo "$argument"; done\n');
      mkdirSync(stacks(), { recursive: true });
      writeFileSync(wrapper, pulumiWrapper(real, stacks()));
      for (const file of [real, wrapper]) chmodSync(file, 0o755);
      const out = await run(wrapper, args, { cwd, env: { ...process.env, PULUMI_STACK: "minikube" } });
      return out.split("\n").slice(0, -1);
    }

    it("reads and writes the lab's stack file, brought up to date first", async () => {
      const option = ["--config-file", join(stacks(), "Pulumi.minikube.yaml")];
      assert.deepEqual(await passed(["up", "--yes"]), ["up", "--yes", ...option]);
      assert.ok(existsSync(option[1]));
      const set = ["--color", "never", "config", "set", "a b", "up"];
      assert.deepEqual(await passed(set), [...set, ...option]);
      assert.deepEqual(await passed(["preview"], join(repository, "components")), ["preview", ...option]);
      const value = ["config", "set", "key"];
      assert.deepEqual(await passed([...value, "--", "-x", "y z"]), [...value, ...option, "--", "-x", "y z"]);
    });

    for (const args of [["--stack", "dev"], ["--stack=dev"], ["-s", "dev"], ["-sdev"]]) {
      it(`follows ${args.join(" ")}`, async () => {
        const option = ["--config-file", join(stacks(), "Pulumi.dev.yaml")];
        assert.deepEqual(await passed(["preview", ...args]), ["preview", ...args, ...option]);
      });
    }

    it("makes and removes stacks in the lab's folder", async () => {
      assert.deepEqual(await passed(["stack", "init", "x"]), ["-C", stacks(), "stack", "init", "x"]);
      assert.deepEqual(await passed(["stack", "rm", "--yes"]), ["-C", stacks(), "stack", "rm", "--yes"]);
    });

    it("leaves other commands, other projects and explicit files alone", async () => {
      for (const args of [["stack", "output"], ["version"], ["up", "--config-file", "x"], ["up", "-C", "x"]]) {
        assert.deepEqual(await passed(args), args);
      }
      assert.deepEqual(await passed(["up"], tmpdir()), ["up"]);
    });
  });

  describe("command line", () => {
    const command = ["-r", "ts-node/register", join(repository, "lab/src/cli.ts")];
    const lab = (...args: string[]) => run(process.execPath, [...command, ...args], { cwd: repository });

    for (const args of [
      ["fly"],
      [],
      ["up", "--wings"],
      ["up", "now"],
      ["up", "--nodes", "0"],
      ["up", "--simulated-nodes", "x"],
    ]) {
      it(`explains itself after "${args.join(" ")}" and exits with 2`, async () => {
        await assert.rejects(lab(...args), (error: RunError) => {
          assert.equal(error.code, 2);
          assert.match(error.stderr, /usage: npm run lab/);
          return true;
        });
      });
    }

    it("has no environment and no status for a lab that is not there", async () => {
      await assert.rejects(lab("env", "--name", "unit-never"), (error: RunError) => error.code === 1);
      await assert.rejects(lab("status", "--name", "unit-never"), (error: RunError) => error.code === 1);
    });
  });

  it("reads the pinned versions of its tools", () => {
    for (const tool of ["pulumi", "kubernetes", "kwok"] as const) {
      assert.match(pinnedVersion(tool), /^v\d+\.\d+\.\d+$/);
    }
  });
});
