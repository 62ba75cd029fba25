import * as assert from "node:assert/strict";
import * as yaml from "js-yaml";
import * as fs from "node:fs";
import * as path from "node:path";
import { Key } from "../../../config/keys";
import { commonKeys, objectKeys, topologies, topologyKeys } from "../../../config/schema";
import { generatedFiles, root } from "../../../docs/generate/pages";

const committed = (file: string) => fs.readFileSync(path.join(root, file), "utf8");

/** Every key, also of the topologies' objects, by the name that messages use. */
const all: Record<string, Key> = {
  ...commonKeys,
  ...objectKeys,
  ...Object.fromEntries(
    topologies.flatMap((topology) =>
      Object.entries(topologyKeys[topology].own as Record<string, Key>).map(([name, key]) => [
        `${topology}.${name}`,
        key,
      ]),
    ),
  ),
};

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
});
