import * as assert from "node:assert/strict";
import { cpSync } from "node:fs";
import * as path from "node:path";
import { repository } from "../../lab/src/instance";
import { Lab } from "../../lab/src/lab";
import { RunError } from "../../lab/src/run";
import { inSimulatedLab, Stack } from "../support/stack";

const minutes = 60_000;
const pack = path.join(repository, "policies");

describe("the policy pack on the real engine", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let stack: Stack;

  inSimulatedLab("minikube", (made) => ({ lab, stack } = made));

  it("has nothing against the stacks as they come", async () => {
    const said = await stack.pulumi("preview", "--policy-pack", pack);
    assert.match(said, /Policies:\s+✅ cassandra@v0\.1\.0/);
  });

  it("refuses a ring whose clients do not log in, and advises more members", async () => {
    stack.configure({ auth: "none", replicas: 2 });
    const said = await stack.refused("preview", "--policy-pack", pack);
    assert.match(
      said,
      /\[mandatory\] +clients-log-in .*\n.*\n +ring cassandra: everybody who reaches CQL may do everything/,
    );
    assert.match(
      said,
      /\[advisory\] +enough-members .*\n.*\n +StatefulSet cassandra: 2 members are too few for replication factor 3/,
    );
  });

  it("holds for any program's objects, and compares them with what is there", async () => {
    const program = path.join(lab.dir, "careless");
    cpSync(path.join(__dirname, "careless"), program, { recursive: true });
    const pulumi = (...args: string[]) =>
      lab.pulumi(["-C", program, ...args, "--stack", "careless", "--non-interactive"]);
    const violated = async () => {
      const said = await pulumi("preview", "--policy-pack", pack).catch((error: RunError) => error.stdout);
      return [...said.matchAll(/\[mandatory\] +([a-z-]+) /g)].map(([, name]) => name).sort();
    };
    await lab.pulumi(["-C", program, "stack", "init", "careless", "--non-interactive"]);
    assert.deepEqual(await violated(), ["memory-limits", "pinned-images", "private-services"]);
    await pulumi("up", "--yes", "--skip-preview");
    await pulumi("config", "set", "later", "true");
    assert.deepEqual(await violated(), ["memory-limits", "one-change-at-a-time", "private-services", "storage-stays"]);
    await pulumi("destroy", "--yes", "--skip-preview");
  });
});
