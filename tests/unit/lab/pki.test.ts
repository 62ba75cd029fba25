import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Instance } from "../../../lab/src/instance";
import { authority, issue, kubeconfig } from "../../../lab/src/pki";
import { run } from "../../../lab/src/run";

describe("certificates of the lab", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lab-test-"));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

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
