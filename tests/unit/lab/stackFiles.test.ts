import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { load } from "js-yaml";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { repository } from "../../../lab/src/instance";
import { mergeStack, StackFiles } from "../../../lab/src/stackFiles";

describe("stack files of the lab", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "lab-test-"));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

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
