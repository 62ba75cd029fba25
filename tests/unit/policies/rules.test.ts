import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { rules } from "../../../policies/rules";
import { fewSuperusers, superuserRoles } from "../../../policies/superuserRoles";

describe("the policies", () => {
  it("stand in the documents with their weight", () => {
    const page = readFileSync(path.join(__dirname, "../../../docs/guides/review-and-policies.md"), "utf8");
    const listed = [...page.matchAll(/^\| `([a-z-]+)` \| (mandatory|advisory) \|/gm)].map(
      ([, name, level]) => `${name} ${level}`,
    );
    const all = [...rules, fewSuperusers].map(({ name, enforcementLevel }) => `${name} ${enforcementLevel}`);
    assert.deepEqual(listed.filter((line) => !line.startsWith("cluster-seen")).sort(), all.sort());
  });

  it("each say what to do, and how much they weigh", () => {
    for (const { name, description, enforcementLevel } of [...rules, fewSuperusers]) {
      assert.match(name, /^[a-z-]+$/);
      assert.match(description, /\.$/);
      assert.ok(["advisory", "mandatory"].includes(enforcementLevel));
    }
  });

  it("advise against roles that may do everything", () => {
    const said = (role: object, type = "cassandra:index:Roles") =>
      superuserRoles(type, { roles: [{ name: "app", secretName: "app-login", ...role }] });
    const needed = "grant it what it needs on its own keyspaces";
    assert.deepEqual(said({ superuser: true }), [`role app is a superuser; ${needed}`]);
    assert.deepEqual(said({ grants: [{ permissions: ["SELECT"] }] }), []);
    assert.deepEqual(said({ superuser: true }, "kubernetes:core/v1:Secret"), []);
    assert.deepEqual(superuserRoles("cassandra:index:Roles", {}), []);
  });
});
