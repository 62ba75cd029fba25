import * as assert from "node:assert/strict";
import { cpSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { Lab } from "../../lab/src/lab";
import { RunError } from "../../lab/src/run";
import { inSimulatedLab } from "../support/stack";
import { aloneArgs } from "./aloneArgs";

const minutes = 60_000;
const ring = { ...aloneArgs, replicas: 1, volumeSize: "1Gi" };

describe("args of a program of one's own that cannot be right", function () {
  this.timeout(10 * minutes);
  let lab: Lab;
  let program: string;

  inSimulatedLab("minikube", async (given) => {
    ({ lab } = given);
    program = path.join(lab.dir, "wrong");
    cpSync(path.join(__dirname, "wrong"), program, { recursive: true });
    await lab.pulumi(["-C", program, "stack", "init", "wrong", "--non-interactive"]);
  });

  const pulumi = (...args: string[]) =>
    lab.pulumi(["-C", program, ...args, "--stack", "wrong", "--non-interactive"], { timeout: 3 * minutes });

  function configure(component: string, args: Partial<Record<"now" | "later" | "unknown", object>>): void {
    const config = Object.entries<unknown>({ component, ...args }).map(([key, value]) => [`wrong:${key}`, value]);
    writeFileSync(
      path.join(program, "Pulumi.wrong.yaml"),
      JSON.stringify({ config: Object.fromEntries(config) as object }),
    );
  }

  /** Asserts that it is refused with these lines and nothing that nobody wants to read. */
  async function refused(lines: string[], ...command: string[]): Promise<void> {
    const said = await pulumi(...command).then(
      (all) => assert.fail(`not refused: ${all}`),
      ({ stdout, stderr }: RunError) => stdout + stderr,
    );
    const [, diagnostics = said] = /^Diagnostics:\n([^]*)/m.exec(said) ?? [];
    for (const line of lines) assert.equal(diagnostics.split(line).length, 2, `${line}\n--- is not once in\n${said}`);
    assert.doesNotMatch(said, /^ +at |ResourceError|TypeError/m, "a stack trace helps no user");
  }

  /** What is there of the ring, in the cluster and in the state, where components and a password are no objects of any cluster. */
  async function made(isKnownLater = false): Promise<string[]> {
    const found = await lab.kubectl(["get", "all,pvc,configmap,secret,role", "-l", "managed-by!=lab", "-o", "name"]);
    const state = JSON.parse(await pulumi("stack", "export")) as { deployment: { resources?: { urn: string }[] } };
    const urns = (state.deployment.resources ?? [])
      .map(({ urn }) => urn)
      .filter((urn) => /Cluster::wrong|Cluster\$(?!kubernetes:core\/v1:Namespace)/.test(urn));
    return [
      ...found.split("\n").filter((name) => /alone|wrong/.test(name)),
      ...urns.filter((urn) => !/KubernetesCluster/.test(urn) && (!isKnownLater || /\$kubernetes:[^$]*$/.test(urn))),
    ];
  }

  it("are refused in one go, before anything is made", async () => {
    configure("PersistentCluster", { now: { ...ring, name: "Ring", replicas: 2.5, racks: 5, colour: "red" } });
    const lines = [
      "error: PersistentCluster wrong cannot be made with these args:",
      "colour: unknown argument; did you mean ",
      'name: invalid value "Ring": must be a name of at most 47',
      'replicas: invalid value "2.5": must be a whole number from 1 to 1000',
      'racks: invalid value "5": must be a list of names',
    ];
    await refused(lines, "preview");
    await refused(lines, "up", "--yes", "--skip-preview");
    assert.deepEqual(await made(), []);
  });

  it("are refused once they are known, in preview where they are, before anything is made", async () => {
    const lines = [
      "error: PersistentCluster wrong cannot be made with these args:",
      'image: invalid value "cassandra:6.0.0": must be Cassandra 4.0 to 5.0; the cluster metadata service',
      'memory: invalid value "7": must be',
    ];
    const later = { image: "cassandra:6.0.0", memory: 7 };
    configure("PersistentCluster", { now: ring, later });
    await refused(lines, "preview");
    // Of what an update has made, a preview knows.
    await pulumi("destroy", "--yes", "--skip-preview");
    configure("PersistentCluster", { now: ring, unknown: later });
    await pulumi("preview");
    await refused(lines, "up", "--yes", "--skip-preview");
    assert.deepEqual(await made(true), []);
  });

  it("@all are refused of CockroachDB too", async () => {
    const { name, namespace, image, memory, replicas, volumeSize } = ring;
    configure("CockroachCluster", {
      now: { name, namespace, image, memory, replicas, volumeSize },
      unknown: { cpu: "none" },
    });
    await refused(
      ['cpu: invalid value "none": must be a Kubernetes quantity above zero'],
      "up",
      "--yes",
      "--skip-preview",
    );
    assert.deepEqual(await made(true), []);
  });

  it("@all and those that are right are heeded, whenever they are known", async () => {
    const image = "docker.io/library/cassandra:5.0.8";
    configure("PersistentCluster", { now: ring, later: { image }, unknown: { superuserPassword: "correct-horse" } });
    await pulumi("up", "--yes", "--skip-preview");
    const path = "{.spec.template.spec.containers[0].image}";
    assert.equal(await lab.kubectl(["get", "statefulset", "alone", "-o", `jsonpath=${path}`]), image);
    await pulumi("preview", "--expect-no-changes");
  });
});
