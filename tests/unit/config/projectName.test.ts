import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { readConfig } from "../../../config";
import { commonKeys, objectKeys } from "../../../config/schema";
import { inProject, runAs } from "./read";

/** Reads config as project `name`, with every default that the engine passes as well. */
async function readAs(name: string, given: Record<string, string>) {
  await runAs(name);
  const defaults = Object.entries({ ...commonKeys, ...objectKeys }).map(([key, { default: value }]) => [
    `${name}:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig({ ...(Object.fromEntries(defaults) as Record<string, string>), ...given });
  return readConfig();
}

describe("the name of the project", () => {
  after(inProject);

  it("is refused where the stack's keys have the former one, which Pulumi does not read", async () => {
    await assert.rejects(readAs("orders", { "cassandra:replicas": "5" }), {
      message:
        'Pulumi.yaml: name: invalid value "orders" with cassandra:replicas in the stack\'s config: must be cassandra, or the key must be ' +
        "orders:replicas; Pulumi reads only keys that begin with the project's name",
    });
    assert.equal((await readAs("orders", { "orders:replicas": "5" })).persistent?.replicas, 5);
  });

  it("is refused whatever the former one was, with all keys that are not read", async () => {
    const topologies = '["ephemeral"]';
    await assert.rejects(readAs("store", { "shop:replicas": "5", "shop:topologies": topologies }), {
      message:
        'Pulumi.yaml: name: invalid value "store" with shop:replicas, shop:topologies in the stack\'s config: must be shop, or the key ' +
        "must be store:replicas, store:topologies; Pulumi reads only keys that begin with the project's name",
    });
    // Whoever has set some keys anew has not set these.
    for (const project of ["store", "cassandra"])
      for (const [key, value] of Object.entries({ topologies, volumeRetention: "delete", ephemeral: "{}" }))
        await assert.rejects(
          readAs(project, { [`${project}:replicas`]: "5", [`shop:${key}`]: value }),
          /must be shop/,
          key,
        );
  });

  it("is refused by a word that any package may have only where the stack sets nothing for this project", async () => {
    for (const key of ["replicas", "volumeSize", "image", "memory"]) {
      const given = { [`shop:${key}`]: "5" };
      await assert.rejects(readAs("store", given), {
        message: new RegExp(
          `with shop:${key} in the stack's config: must be shop, .*If another package reads shop:${key}, set a key of this project as ` +
            "well: `pulumi config set replicas 3`$",
        ),
      });
      assert.equal((await readAs("store", { ...given, "store:replicas": "3" })).persistent?.replicas, 3);
    }
  });

  it("passes with the keys of providers and of other packages", async () => {
    for (const key of ["kubernetes:namespace", "aws:auth", "vault:namespace", "some:namespace", "web:port"])
      assert.equal((await readAs("store", { [key]: "x" })).persistent?.replicas, 3, key);
  });
});
