import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { ClientCertificates } from "../../../../components/index";
import { configurationFile, podScripts } from "../../../../components/objects/configMaps";
import { Disk } from "../../../../components/objects/disk";
import { scripts } from "../../pod/runScript";

/** The scripts that a program finds in a checkout of its own. @param change what is done to the folder of the scripts first */
async function scriptsOf(change: (folder: string) => void): Promise<typeof podScripts> {
  const checkout = fs.mkdtempSync(path.join(os.tmpdir(), "checkout-"));
  try {
    const components = path.join(checkout, "components");
    fs.cpSync(path.dirname(scripts), components, { recursive: true });
    fs.symlinkSync(path.join(scripts, "../../node_modules"), path.join(checkout, "node_modules"));
    change(path.join(components, path.basename(scripts)));
    const { podScripts } = (await import(
      path.join(components, "objects/configMaps")
    )) as typeof import("../../../../components/objects/configMaps");
    podScripts({ kind: "emptyDir" });
    return podScripts;
  } finally {
    fs.rmSync(checkout, { recursive: true });
  }
}

describe("the ConfigMap of a ring's scripts", () => {
  const onVolumes: Disk = { kind: "persistentVolumeClaim", template: "data" };

  it("holds the scripts of its topology, all that belong to the program and nothing else that lies beside them", async () => {
    const tracked = execFileSync("git", ["ls-files"], { cwd: scripts, encoding: "utf8" })
      .trim()
      .split("\n")
      .filter((file) => !file.endsWith(".md"));
    const ofMetrics = ["metrics.py", "metrics.sh", "serve_metrics.py"];
    const without = (...others: string[]) => tracked.filter((file) => !others.includes(file)).sort();
    const podScripts = await scriptsOf((folder) => {
      for (const stray of ["stray.py", "entrypoint.sh~", ".entrypoint.sh.swp"])
        fs.writeFileSync(path.join(folder, stray), "");
    });
    assert.deepEqual(Object.keys(podScripts(onVolumes)).sort(), without("remove-node.sh", ...ofMetrics));
    assert.deepEqual(Object.keys(podScripts(onVolumes, true)).sort(), without("remove-node.sh"));
    for (const disk of [{ kind: "emptyDir" }, { kind: "hostPath", path: "/mnt" }] satisfies Disk[])
      assert.deepEqual(Object.keys(podScripts(disk)).sort(), without("decommission.sh", ...ofMetrics));
  });

  it("holds them with Unix line ends from a checkout that has those of Windows", async () => {
    const ofWindows = await scriptsOf((folder) => {
      for (const file of fs.readdirSync(folder)) {
        const text = fs.readFileSync(path.join(folder, file), "utf8");
        fs.writeFileSync(path.join(folder, file), text.replace(/\r?\n/g, "\r\n"));
      }
    });
    for (const [file, text] of Object.entries(ofWindows(onVolumes))) {
      assert.ok(text.endsWith("\n") && !text.includes("\r"), file);
      assert.equal(text, podScripts(onVolumes)[file], file);
    }
  });
});

describe("the file with the changes of cassandra.yaml", () => {
  it("asks for a password where clients log in, and where cassandra.yaml is not told otherwise", () => {
    const read = (...args: Parameters<typeof configurationFile>) =>
      JSON.parse(configurationFile(...args)["cassandra.json"]) as Record<string, unknown>;
    const none = { needsLogin: false };
    assert.equal(read({}, none).authenticator, undefined);
    const { authenticator, authorizer } = read({}, { ...none, needsLogin: true });
    assert.deepEqual([authenticator, authorizer], ["PasswordAuthenticator", "CassandraAuthorizer"]);
  });

  it("allows no plain connection beside encrypted ones", () => {
    const yamlOf = (tls: ClientCertificates) =>
      JSON.parse(configurationFile({}, { needsLogin: false, tls })["cassandra.json"]) as Record<
        string,
        Record<string, unknown>
      >;
    const { server_encryption_options: server, client_encryption_options: client } = yamlOf("none");
    assert.deepEqual([server.internode_encryption, server.require_client_auth, server.optional], ["all", true, false]);
    assert.deepEqual([client.enabled, client.optional, client.keystore], [true, false, "/config/keystore.pem"]);
    assert.equal(client.require_client_auth, false);
    assert.equal(yamlOf("required").client_encryption_options.require_client_auth, true);
  });
});
