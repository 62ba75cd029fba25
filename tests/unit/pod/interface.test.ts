import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { environment } from "../../../components/objects/podEnvironment";
import { scripts } from "./runScript";

const readme = fs.readFileSync(path.join(scripts, "README.md"), "utf8");
const modules = fs
  .readdirSync(scripts)
  .filter((name) => name.endsWith(".py"))
  .map((name) => fs.readFileSync(path.join(scripts, name), "utf8"));
const root = path.join(scripts, "../..");

/** Names in the first column of the table below a heading, with the rest of their rows. */
function declared(heading: string): Map<string, string> {
  const section = readme.split(`\n## ${heading}\n`)[1].split("\n## ")[0];
  const rows = [...section.matchAll(/^\| (`[^|]*`) \|(.*)$/gm)];
  return new Map(rows.flatMap(([, names, rest]) => [...names.matchAll(/`([^`]+)`/g)].map(([, name]) => [name, rest])));
}

const found = (pattern: RegExp, texts = modules) =>
  new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name)));

const sorted = (names: Iterable<string>) => [...names].sort();

describe("the interface of the pods' scripts (components/pod/README.md)", () => {
  it("declares the scripts that there are", () => {
    assert.deepEqual(
      sorted(declared("Commands").keys()),
      fs.readdirSync(scripts).filter((name) => name.endsWith(".sh")),
    );
  });

  it("declares every script that the program, its tests and its documents call", () => {
    const names = new Set([...declared("Commands").keys(), "forget.sh", "superuser.sh"]);
    const tracked = ["*.ts", "*.py", "*.md"];
    const files = execFileSync("git", ["ls-files", ...tracked], { cwd: root, encoding: "utf8" })
      .trim()
      .split("\n");
    for (const file of files.filter((file) => fs.existsSync(path.join(root, file)))) {
      const text = fs.readFileSync(path.join(root, file), "utf8");
      for (const [, name] of text.matchAll(/(?:\/ring\/|\$\{scriptsFolder\}\/)([a-z-]+\.sh)/g))
        assert.ok(names.has(name), `${file} calls /ring/${name}, which components/pod/README.md does not declare`);
    }
  });

  it("declares the environment variables that the scripts read, and that the pod template sets", () => {
    const variables = declared("Environment");
    const read = found(/environ(?:\.get\(|\[)"([A-Z_]+)"(?!\] =)/g);
    for (const name of found(/"([A-Z_]+)" in os\.environ/g)) read.add(name);
    for (const name of read) assert.ok(variables.has(name), `the scripts read ${name}, which is not declared`);
    const env = environment(
      {
        image: "x",
        memory: "1Gi",
        cpu: "1",
        maxHeapMiB: 512,
        clusterName: "x",
        datacenter: "dc1",
        rack: "r",
      },
      {
        name: "ring",
        service: "ring",
        disk: { kind: "persistentVolumeClaim", template: "data" },
        record: "record",
        memberService: "LoadBalancer",
        repairInterval: 60,
        exporter: "exporter",
        superuser: "superuser",
        tls: "tls",
        scripts: "scripts",
        serviceAccountName: "account",
        selector: { app: "x" },
      },
    ) as { name: string }[];
    const set = env.map(({ name }) => name);
    for (const name of set) assert.ok(variables.has(name), `the pod template sets ${name}, which is not declared`);
    for (const [name, rest] of variables) {
      if (!rest.startsWith(" pod template")) continue;
      assert.ok(set.includes(name) || name === "RING_DISK", `the pod template does not set ${name}`);
      const isOfOthers = /read by .* alone|not by the scripts/.test(rest);
      assert.equal(read.has(name), !isOfOthers, `${name}: whether the scripts read it`);
    }
  });

  it("declares the files that the scripts leave", () => {
    const constants = found(/^[A-Z_]+ = "((?:ring-|owes-)[a-z]+|[a-z]+\.(?:lock|failed|pid|note))"$/gm);
    const files = [...declared("Files on the disk").keys(), ...declared("Files in the scratch folder").keys()];
    assert.deepEqual(sorted(files), sorted(constants));
  });

  it("declares the keys of the ring record", () => {
    const [, reserved] = /RESERVED = \((.*)\)/.exec(modules.join("\n"))!;
    const keys = [...reserved.matchAll(/"([a-z]+)"/g)].map(([, key]) => key);
    assert.deepEqual(sorted(declared("Keys of the ring record").keys()), sorted([...keys, "repair.", "repaired."]));
  });
});
