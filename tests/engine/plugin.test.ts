import * as assert from "node:assert/strict";
import { cpSync } from "node:fs";
import * as path from "node:path";
import { repository } from "../../lab/src/instance";
import { Lab } from "../../lab/src/lab";
import { RunError } from "../../lab/src/run";
import { growingClass, inSimulatedLab } from "../support/stack";

const minutes = 60_000;

interface Schema {
  name: string;
  resources: Record<string, { requiredInputs: string[]; inputProperties: Record<string, { description?: string }> }>;
  types: Record<string, { enum?: { value: string }[] }>;
}

describe("the components as a package for other languages", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let program: string;

  inSimulatedLab("foreign", ({ lab: made }) => {
    lab = made;
    program = path.join(lab.dir, "foreign");
    cpSync(path.join(__dirname, "foreign"), program, { recursive: true });
    // Where nothing else is: Pulumi installs what the package needs beside it.
    cpSync(path.join(repository, "components"), path.join(lab.dir, "components"), { recursive: true });
  });

  it("have a schema, in which every argument says what it is", async () => {
    const said = await lab.pulumi(["-C", program, "package", "get-schema", "../components"], { timeout: 5 * minutes });
    const { name, resources, types } = JSON.parse(said.slice(said.indexOf("{\n"))) as Schema;
    assert.equal(name, "cassandra");
    const names = ["CockroachCluster", "DaemonCluster", "EphemeralCluster", "PersistentCluster"];
    assert.deepEqual(
      Object.keys(resources),
      names.map((one) => `cassandra:index:${one}`),
    );
    const { requiredInputs, inputProperties } = resources["cassandra:index:PersistentCluster"];
    assert.deepEqual(requiredInputs, [
      "clusterName",
      "cpu",
      "datacenter",
      "image",
      "maxHeapMiB",
      "memory",
      "name",
      "namespace",
      "rack",
      "replicas",
      "volumeSize",
    ]);
    for (const { inputProperties } of Object.values(resources)) {
      for (const [input, { description }] of Object.entries(inputProperties)) assert.ok(description, input);
    }
    assert.ok("tlsSecret" in inputProperties);
    assert.ok("clientCertificates" in inputProperties);
    assert.deepEqual(
      types["cassandra:index:Auth"].enum?.map(({ value }) => value),
      ["password", "none"],
    );
  });

  it("@all make a ring for a program that has nothing but the package, and guard it", async () => {
    const pulumi = (...args: string[]) =>
      lab.pulumi(["-C", program, ...args, "--stack", "foreign", "--non-interactive"], { timeout: 5 * minutes });
    const refused = (...args: string[]) =>
      pulumi(...args).then(
        (said) => assert.fail(`not refused: ${said}`),
        ({ stdout }: RunError) => stdout,
      );
    // Where the engine ends first, the SDK of the program itself may print a trace of its own call.
    const isWithoutTrace = (said: string) =>
      assert.doesNotMatch(said, /^ +at .*\/components\//m, `a stack trace helps no user:\n${said}`);
    await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(growingClass) });
    await lab.pulumi(["-C", program, "stack", "init", "foreign", "--non-interactive"]);
    await pulumi("config", "set", "replicas", "3");
    await pulumi("config", "set", "image", "docker.io/library/cassandra:5.0.9");

    const args = { replicas: 2.5, racks: 5, clusterName: null, superuserPassword: "a b", volumeRetension: "delete" };
    await pulumi("config", "set", "args", JSON.stringify(args));
    const lines = [
      "PersistentCluster orders cannot be made with these args:",
      "volumeRetension: unknown argument; did you mean volumeRetention?",
      'replicas: invalid value "2.5": must be a whole number from 1 to 1000',
      'racks: invalid value "5": must be a list of names',
      "clusterName: missing; must be 1 to 48 letters, digits,",
      'superuserPassword: invalid value "[secret]": must be 8 to 128 letters',
    ];
    for (const said of [await refused("preview"), await refused("up", "--yes", "--skip-preview")]) {
      for (const line of lines) assert.ok(said.includes(line), `${line}\n--- is not in\n${said}`);
      isWithoutTrace(said);
    }
    await pulumi("config", "rm", "args");
    await pulumi("config", "set", "--secret", "secretYaml", JSON.stringify({ disk_failure_policy: "ignore" }));
    for (const said of [await refused("preview"), await refused("up", "--yes", "--skip-preview")]) {
      assert.match(
        said,
        /PersistentCluster orders cannot be made with these args:\n.*invalid value "\[secret\]": must be/,
      );
      isWithoutTrace(said);
    }
    assert.equal(await lab.kubectl(["get", "statefulset,service,configmap", "-l", "app=cassandra", "-o", "name"]), "");
    await pulumi("config", "rm", "secretYaml");

    await pulumi("up", "--yes", "--skip-preview");
    assert.match(await lab.kubectl(["get", "statefulset", "orders"]), /^orders +3\/3 /m);
    assert.equal((await pulumi("stack", "output", "clientService")).trim(), "orders-client");
    await pulumi("preview", "--expect-no-changes");

    await pulumi("config", "set", "image", "docker.io/library/cassandra:4.1.9");
    assert.match(await refused("preview"), / image: "docker.io\/library\/cassandra:4.1.9" is not allowed/);
    await pulumi("config", "set", "image", "docker.io/library/cassandra:5.0.9");
    await pulumi("config", "set", "replicas", "2");
    // Simulated members cannot be asked: without having seen the ring, nothing is done.
    assert.match(await refused("up", "--yes", "--skip-preview"), /could not be checked.*No pod was removed/);
    assert.match(await lab.kubectl(["get", "statefulset", "orders"]), /^orders +3\/3 /m);
    await pulumi("config", "set", "replicas", "3");
    await pulumi("destroy", "--yes", "--skip-preview");
  });
});
