import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../../lab/src/instance";
import { pinnedVersion } from "../../../lab/src/toolchain";

interface Package {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

describe("versions of dependencies", () => {
  const read = (file: string) => readFileSync(join(repository, file), "utf8");
  const pins = ["", "lab", "components", "policies"].flatMap((folder) => {
    const packaged = JSON.parse(read(join(folder, "package.json"))) as Package;
    const { dependencies, devDependencies, optionalDependencies } = packaged;
    return Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
  });

  it("are exact, and the same in every package", () => {
    const versions = new Map(pins);
    for (const [name, version] of pins) {
      assert.match(version, /^\d+\.\d+\.\d+$/, name);
      assert.equal(version, versions.get(name), name);
    }
  });

  it("of the Pulumi CLI that the lab builds is that of the SDK", () => {
    assert.equal(pinnedVersion("pulumi"), `v${new Map(pins).get("@pulumi/pulumi")}`);
  });

  it("come from no registry in particular", () => {
    const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, { resolved?: string }> };
    const addresses = Object.values(packages).flatMap(({ resolved }) => resolved ?? []);
    assert.deepEqual(addresses.sort(), ["lab", "policies"]);
  });
});
