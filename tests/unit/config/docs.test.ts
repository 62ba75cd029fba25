import * as assert from "node:assert/strict";
import * as yaml from "js-yaml";
import * as fs from "node:fs";
import * as path from "node:path";
import { Key } from "../../../config/keys";
import { commonKeys, objectKeys } from "../../../config/schema";
import { allKeys as all } from "./allKeys";
import { meanings, variableNames } from "../../../docs/generate/environment";
import { outputs, usageFields } from "../../../docs/generate/outputs";
import { generatedFiles, root } from "../../../docs/generate/pages";

const committed = (file: string) => fs.readFileSync(path.join(root, file), "utf8");

describe("generated files", () => {
  for (const [file, text] of Object.entries(generatedFiles())) {
    it(`are committed as \`npm run docs\` writes them: ${file}`, () => assert.equal(committed(file), text));
  }

  it("are all that docs/reference holds", () => {
    const pages = Object.keys(generatedFiles()).filter((file) => file.startsWith("docs/reference/"));
    assert.deepEqual(
      fs
        .readdirSync(path.join(root, "docs/reference"))
        .map((file) => `docs/reference/${file}`)
        .sort(),
      pages.sort(),
    );
  });

  it("declare every key in Pulumi.yaml as the schema does", () => {
    const declared = yaml.load(committed("Pulumi.yaml")) as { config: unknown };
    const expected = Object.entries({ ...commonKeys, ...objectKeys } as Record<string, Key>).map(([name, key]) => [
      name,
      {
        type: key.type,
        ...(key.items && { items: { type: key.items } }),
        default: key.default,
        description: key.meaning,
      },
    ]);
    assert.deepEqual(declared.config, Object.fromEntries(expected));
  });

  it("have a row for every key in the reference", () => {
    const rows = committed("docs/reference/config.md")
      .split("\n")
      .filter((line) => /^\| `[\w.]+` \|/.test(line));
    const expected = Object.entries(all).map(([name, key]) => {
      const value = typeof key.default === "string" ? key.default : JSON.stringify(key.default);
      const allowed = key.allowed.replaceAll("<", "&lt;");
      return `| \`${name}\` | ${value === "" ? "" : `\`${value}\``} | ${key.unit} | ${allowed} | ${key.meaning} |`;
    });
    assert.deepEqual(rows, expected);
  });

  it("explain every label and every variable", () => {
    assert.deepEqual(
      variableNames().filter((name) => !meanings[name]),
      [],
    );
    for (const file of ["labels", "environment"])
      assert.doesNotMatch(committed(`docs/reference/${file}.md`), /undefined/);
  });

  it("name every output of index.ts, and every field of `usage`", () => {
    const index = committed("index.ts");
    const exported = [...index.matchAll(/^export (?:const (\w+)|\{ (\w+) \})/gm)].map(([, one, other]) => one ?? other);
    assert.deepEqual(exported.sort(), Object.keys(outputs).sort());
    const usageIn = (file: string) => {
      const [, body] = /(?:get usage\(\)|function ringUsage\(.*\)) \{[^]*?return \{([^]*?)\n +\};/.exec(
        committed(file),
      )!;
      return [...body.matchAll(/(?:^ {4,6}|&& \{ )(\w+)(?:,|:| \})/gm)].map(([, name]) => name);
    };
    const found = ["components/topologies/ringUsage.ts", "components/cockroachdb/cockroachCluster.ts"].flatMap(usageIn);
    assert.deepEqual([...new Set(found)].sort(), usageFields.map(({ name }) => name).sort());
  });
});
