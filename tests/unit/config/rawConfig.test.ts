import * as pulumi from "@pulumi/pulumi";
import * as assert from "node:assert/strict";
import { readConfig } from "../../../config";
import { inProject, read, runAs, warningsOf } from "./read";

describe("raw config", () => {
  before(inProject);

  it("warns of a password in plain text, for all topologies or for one", () => {
    const superuserPassword = "correct-horse.battery";
    const hidden = warningsOf(() => {
      read({ superuserPassword }, ["superuserPassword"]);
      read({ persistent: { superuserPassword } }, ["persistent"]);
    });
    assert.equal(hidden.length, 0);
    const said = warningsOf(() => {
      read({ superuserPassword });
      read({ persistent: { superuserPassword } });
    });
    assert.deepEqual(
      said.map((line) => line.split(" ")[0]),
      ["cassandra:superuserPassword", "cassandra:persistent.superuserPassword"],
    );
    assert.match(said[0], /`pulumi config set --secret superuserPassword` encrypts it$/);
  });

  it("refuses keys that a renamed project does not read", async () => {
    await runAs("orders");
    try {
      pulumi.runtime.setAllConfig({ "cassandra:replicas": "5" });
      assert.throws(readConfig, {
        message:
          'Pulumi.yaml: name: invalid value "orders" with cassandra:replicas in the stack\'s config: must be cassandra, or the key must be ' +
          "orders:replicas; Pulumi reads only keys that begin with the project's name",
      });
      pulumi.runtime.setAllConfig({ "orders:replicas": "5" });
      assert.equal(readConfig().persistent?.replicas, 5);
    } finally {
      await inProject();
    }
  });
});
