import * as assert from "node:assert/strict";
import { dump } from "js-yaml";
import { repository } from "../../lab/src/instance";
import { Lab } from "../../lab/src/lab";
import { employees } from "../../lab/src/ring";
import { run } from "../../lab/src/run";
import { isServing, nameOf, smallMembers, Stack } from "../support/stack";
import { Needs } from "./walkthrough";

const minutes = 60_000;

/** What the program makes, in kubectl's words. */
const kinds =
  "all,pvc,pv,configmap,secret,serviceaccount,role,rolebinding,clusterrole,clusterrolebinding,pdb,storageclass";
const ours = "app in (cassandra,cockroachdb)";

/** A member as `nodetool status` lists it. */
export interface Member {
  /** `UN` is up and NORMAL, `DN` is down. */
  state: string;
  address: string;
}

/** Does what the reader of a walk-through does, in a lab, and tells it as it goes. */
export class Guide {
  private constructor(
    readonly lab: Lab,
    private readonly stack: Stack,
    private readonly print: (text: string) => void,
  ) {}

  /** Prepares the lab of the walk-throughs. @param print where the telling goes */
  static async prepare({ simulatedNodes = 0 }: Needs, print: (text: string) => void): Promise<Guide> {
    const lab = await Lab.up({ name: "walkthrough", nodes: 3, simulatedNodes });
    return new Guide(lab, await Stack.of(lab, "walkthrough"), print);
  }

  /** What the document promises and today's software no longer has, and what stands in its place. */
  today(text: string): void {
    this.print(`  Today: ${text}\n`);
  }

  note(text: string): void {
    this.print(`  ${text}\n`);
  }

  /** Writes the stack file, in place of the document's manifests. What every ring here has is not shown each time. */
  config(settings: Record<string, unknown>): void {
    // The documents know no login.
    this.stack.configure({ ...smallMembers, auth: "none", ...settings });
    const own = Object.fromEntries(Object.entries(settings).map(([key, value]) => [`cassandra:${key}`, value]));
    this.print(`Pulumi.${this.stack.name}.yaml:\n${indent(dump({ config: own }, { lineWidth: 120 }))}\n`);
  }

  /** Runs a command line as a person types it, shows it with what it prints, and returns that. @throws {RunError} */
  async type(command: string, options: { timeout?: number } = {}): Promise<string> {
    this.print(`$ ${command}\n`);
    const env = { ...this.lab.env, PULUMI_STACK: this.stack.name };
    const said = await run("bash", ["-c", command], { env, cwd: repository, timeout: 5 * minutes, ...options });
    this.print(`${indent(said)}\n`);
    return said;
  }

  /** `pulumi up`, or another command that changes the stack; shows what came about. */
  async pulumi(command: "up" | "destroy" | "refresh"): Promise<string> {
    this.print(`$ pulumi ${command}\n`);
    const said = await this.stack.pulumi(command, "--yes", "--skip-preview", "--suppress-outputs");
    this.print(`${indent(outcome(said))}\n`);
    return said;
  }

  /** `pulumi preview`; shows what it says. */
  async preview(): Promise<string> {
    this.print("$ pulumi preview\n");
    const said = await this.stack.pulumi("preview", "--suppress-outputs");
    this.print(`${indent(outcome(said))}\n`);
    return said;
  }

  /** `pulumi preview` of an edit that is to be refused; shows why. */
  async refused(): Promise<string> {
    this.print("$ pulumi preview\n");
    const why = await this.stack.refused("preview");
    const lines = why.slice(why.indexOf("Diagnostics:")).split("\n");
    this.print(`${indent(lines.filter((line) => /error: |allowed/.test(line)).join("\n"))}\n`);
    return why;
  }

  /** What is to be seen, once it has been. */
  seen(what: string, check: () => void): void {
    check();
    this.print(`  ✔ ${what}\n`);
  }

  /** Waits for what comes about by itself. @param look whether it has @throws when it has not for three minutes */
  async until(what: string, look: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + 3 * minutes;
    while (!(await look())) {
      if (Date.now() > end) {
        const pods = await this.lab.kubectl(["get", "pods", "-o", "wide"]);
        throw new Error(`timed out after three minutes, waiting for ${what}:\n${pods}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    this.print(`  ✔ ${what}\n`);
  }

  /** Names of the pods with a label, in order. */
  async pods(selector = "app=cassandra"): Promise<string[]> {
    return (await this.stack.pods(selector)).map(nameOf);
  }

  /** Names of those that are Ready and not about to go. */
  async servingPods(selector = "app=cassandra"): Promise<string[]> {
    return (await this.stack.pods(selector)).filter(isServing).map(nameOf);
  }

  /** Members that `nodetool status`, typed in a pod, shows. */
  async status(pod: string): Promise<Member[]> {
    const said = await this.type(`kubectl exec ${pod} -- nodetool status`);
    return [...said.matchAll(/^([UD][NLJM]) +(\S+) /gm)].map(([, state, address]) => ({ state, address }));
  }

  /** Looks at the ring from one pod, and sees that many members, all of them up. */
  async seesMembers(count: number, pod: string): Promise<void> {
    const members = await this.status(pod);
    this.seen(`${count} ${count === 1 ? "member" : "members of one ring"}, up and NORMAL`, () =>
      assert.deepEqual(
        members.map(({ state }) => state),
        Array<string>(count).fill("UN"),
      ),
    );
  }

  /** Counts the rows of a table through each pod at consistency ONE: each finds all of them, wherever they lie. */
  async countsThroughEveryPod(table: string, rows: number, pods?: string[]): Promise<void> {
    for (const pod of pods ?? (await this.pods())) {
      const said = await this.type(`kubectl exec ${pod} -- cqlsh -e "SELECT count(*) FROM ${table}"`);
      this.seen(`${rows} rows through ${pod}`, () => assert.equal(Number(/^ +(\d+)$/m.exec(said)?.[1]), rows));
    }
  }

  /** Loads the tutorials' employees through one pod. @param copies of each row */
  async loadEmployees(pod: string, copies: number): Promise<void> {
    const statements = employees("DC1-K8Demo", copies);
    this.print(`initial-seed.cql:\n${indent(statements)}\n`);
    this.print(`$ kubectl exec -i ${pod} -- cqlsh < initial-seed.cql\n`);
    await this.lab.kubectl(["exec", "-i", pod, "--", "cqlsh"], { input: statements });
  }

  /** Reads the three employees through each pod. */
  async readsEmployeesThroughEveryPod(pods?: string[]): Promise<void> {
    for (const pod of pods ?? (await this.pods())) {
      const said = await this.type(`kubectl exec ${pod} -- cqlsh -e "SELECT * FROM my_cassandra_keyspace.employee"`);
      const rows = [...said.matchAll(/^ +\d.*$/gm)].map(([row]) => row.replace(/[ |]+/g, " ").trim()).sort();
      this.seen(`David, Robin and Bob through ${pod}`, () =>
        assert.deepEqual(rows, [
          "1 SF David 9848022338 50000",
          "2 SJC Robin 9848022339 40000",
          "3 Austin Bob 9848022330 45000",
        ]),
      );
    }
  }

  /** Sees that neither object nor claim nor volume of the walk-through is left. What is owned goes a moment after its owner. */
  async seesNothingLeft(): Promise<void> {
    await this.until("nothing of it is left in the cluster", async () => (await this.leftovers()) === "");
  }

  private leftovers(): Promise<string> {
    return this.lab.kubectl(["get", kinds, "-A", "-l", ours, "-o", "name"]);
  }

  /** Takes everything away, whatever state an earlier run left it in. */
  async clear(): Promise<void> {
    if (this.lab.isInterrupted(this.stack.name)) await this.stack.pulumi("cancel", "--yes");
    this.stack.configure({});
    await this.stack.pulumi("destroy", "--yes", "--skip-preview", "--refresh");
    // What the state does not hold: what is kept, and what was being made when an earlier run was killed.
    await this.lab.kubectl(["delete", kinds, "-A", "-l", ours, "--wait=false"]);
    await this.lab.kubectl(["uncordon", "-l", "kubernetes.io/os=linux"]);
    await this.lab.kubectl(["label", "nodes", "--all", "app-"]);
    await this.seesNothingLeft();
  }
}

const indent = (text: string) => text.trimEnd().replace(/^(?=.)/gm, "    ");

/** The lines of Pulumi that say what came about: of each resource the last one, what was told on the way, and the sum. */
function outcome(said: string): string {
  const resource = /^ +\S+ +(\S+:\S+ +\S+) (created|updated|deleted|replaced|create|update|delete|replace)(?= ?[([]|$)/;
  const done = new Map(
    said.split("\n").flatMap(
      (line) =>
        resource
          .exec(line)
          ?.slice(1, 2)
          .map((key) => [key, line]) ?? [],
    ),
  );
  const told = /^Diagnostics:\n([^]*?)(?=^(Resources|Outputs):)/m.exec(said)?.[1] ?? "";
  const sum = /^Resources:\n([^]*?)\n\n/m.exec(said)?.[1] ?? "";
  const lines = [
    ...done.values(),
    ...told.split("\n").filter((line) => /\S/.test(line) && !/stand-in|^ {2}\S+ \(\S+\):$/.test(line)),
    ...sum.split("\n"),
  ];
  return lines
    .map((line) => line.trimEnd())
    .filter(Boolean)
    .join("\n");
}
