import * as assert from "node:assert/strict";
import { inProject, read, warningsOf } from "./read";

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
});
