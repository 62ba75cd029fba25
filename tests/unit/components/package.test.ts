import * as assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { dependencies as ofPackage } from "../../../components/package.json";
import { dependencies as ofProgram } from "../../../package.json";

const folder = path.join(__dirname, "../../../components");

describe("the package of the components", () => {
  it("brings all that they import, in the versions of the program", () => {
    const sources = readdirSync(folder, { encoding: "utf8", recursive: true }).filter((file) => file.endsWith(".ts"));
    const imported = sources
      .flatMap((file) => [
        ...readFileSync(path.join(folder, file), "utf8").matchAll(/(?:from|import)\(? ?"(?!node:|\.)([^"]+)"/g),
      ])
      // Of a module in a package, the package: `@scope/name/module`.
      .map(([, name]) => /^(@[^/]+\/)?[^/]+/.exec(name)![0]);
    // What compiles them stands beside: of its own, Pulumi brings one that is too old.
    const wanted = [...new Set([...imported, "ts-node", "typescript"])].sort();
    const versions = ofProgram as Record<string, string>;
    assert.deepEqual(ofPackage, Object.fromEntries(wanted.map((name) => [name, versions[name]])));
  });
});
