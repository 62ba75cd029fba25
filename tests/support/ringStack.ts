import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Lab, LabOptions } from "../../lab/src/lab";
import { duration } from "../../lab/src/progress";
import { inLab, isServing, nameOf, Pod, smallMembers, Stack } from "./stack";
import { Load, LoadOptions, Report } from "./load";

const minutes = 60_000;

/** A member as `nodetool status` lists it. */
export interface Member {
  /** `UN` is up and NORMAL, `DN` is down. */
  state: string;
  address: string;
  /** Share of keyspace `rows`, in percent. */
  owns: string;
  id: string;
}

export interface Credentials {
  username: string;
  password: string;
}

/** A stack whose pods are real, looked at through kubectl, nodetool and cqlsh. Pods are all of Cassandra's unless a selector says which. */
export class RingStack extends Stack {
  static override async of(lab: Lab, name: string): Promise<RingStack> {
    await lab.ensureStack(name);
    return new RingStack(lab, name);
  }

  override pods(selector = "app=cassandra"): Promise<Pod[]> {
    return super.pods(selector);
  }

  /** Runs a command in a pod. */
  exec(pod: string, command: string[], input?: string): Promise<string> {
    const stdin = input === undefined ? [] : ["-i"];
    return this.lab.kubectl(["exec", ...stdin, pod, "-c", "cassandra", "--", ...command], { input });
  }

  cql(pod: string, statements: string): Promise<string> {
    // Pods of the tutorials' template have no such script, and ask for no password.
    return this.exec(pod, ["sh", "-c", "exec $(ls /ring/cqlsh.sh 2>/dev/null || echo cqlsh)"], statements);
  }

  /** Name and password of the superuser. @param topology of the ring */
  async superuser(topology = "persistent"): Promise<Credentials> {
    const all = JSON.parse(await this.pulumi("stack", "output", "superuser", "--json", "--show-secrets")) as unknown;
    return (all as Record<string, Credentials>)[topology];
  }

  /** What a pod's containers printed so far; nothing before it has any. */
  log(pod: string): Promise<string> {
    return this.lab.kubectl(["logs", pod]).catch(() => "");
  }

  /** The ring as one pod sees it. @param keyspace whose shares are told, if there is one */
  async members(pod: string, ...keyspace: string[]): Promise<Member[]> {
    const said = await this.exec(pod, ["nodetool", "status", "--", ...keyspace]);
    const lines = said.split("\n").filter((line) => /^[UD][NLJM] /.test(line));
    return lines.map((line) => {
      const [state, address, , , , owns, id] = line.split(/\s+/);
      return { state, address, owns, id };
    });
  }

  /**
   * Waits until there are that many pods, all of them serving and none of them one of `gone`.
   * @throws when they are not within ten minutes
   */
  async serving(count: number, { gone = [], selector }: { gone?: string[]; selector?: string } = {}): Promise<Pod[]> {
    const began = Date.now();
    for (;;) {
      const pods = await this.pods(selector);
      const done = pods.every((pod) => isServing(pod) && !gone.includes(pod.metadata.uid));
      if (done && pods.length === count) return pods;
      if (Date.now() - began > 10 * minutes) {
        const logs = await Promise.all(pods.map((pod) => this.lab.kubectl(["logs", nameOf(pod), "--tail=20"])));
        const table = await this.lab.kubectl(["get", "pods", "-o", "wide"]);
        throw new Error(`after ${duration(Date.now() - began)}:\n${table}\n${logs.join("\n---\n")}`);
      }
      await sleep(2000);
    }
  }

  /**
   * Waits until every pod sees a ring of that many members, all of them up and NORMAL, and all of them the same.
   * @throws when they do not within a minute, as when a member is listed as down for good
   */
  async oneRing(count: number, selector?: string): Promise<Member[]> {
    for (let i = 0; ; i++) {
      const pods = (await this.pods(selector)).map(nameOf);
      const views = await Promise.all(pods.map((pod) => this.members(pod)));
      const rings = new Set(views.map((view) => ids(view).join()));
      const whole = views.every((view) => view.length === count && view.every(({ state }) => state === "UN"));
      if (whole && rings.size === 1) return views[0];
      assert.ok(i < 60, `${count} members of one ring are not seen by all: ${JSON.stringify(views, null, 1)}`);
      await sleep(1000);
    }
  }

  /** Makes table `rows.numbers` anew and writes rows into it through one pod. @param copies of each row */
  async writeRows(pod: string, count: number, copies = 1): Promise<void> {
    await this.cql(
      pod,
      [
        "DROP KEYSPACE IF EXISTS rows;",
        `CREATE KEYSPACE rows WITH replication = {'class': 'NetworkTopologyStrategy', 'DC1-K8Demo': ${copies}};`,
        "CREATE TABLE rows.numbers (id int PRIMARY KEY, text text);",
        ...inserts(0, count),
      ].join("\n"),
    );
  }

  /** Writes further rows into table `rows.numbers` through one pod. @param first its number */
  async addRows(pod: string, first: number, count: number): Promise<void> {
    await this.cql(pod, inserts(first, count).join("\n"));
  }

  /**
   * Has requests made at QUORUM while something happens, and for five seconds before it and after it, and asserts that every row that
   * was acknowledged is there. @param options that differ from those of a ring of small members whose rows have three copies
   */
  async underLoad(options: Partial<LoadOptions>, happen: (load: Load) => Promise<void>): Promise<Report> {
    const [credentials, pods] = [await this.superuser(), await this.pods()];
    const { datacenter } = smallMembers;
    const addresses = pods.map(({ status }) => status.podIP!);
    const load = await Load.start(
      this.lab,
      { datacenter, credentials, copies: 3, singleRows: 0, ...options },
      addresses,
    );
    await sleep(5000);
    try {
      await happen(load);
      await sleep(5000);
    } catch (error) {
      // What came of the load says less than why it happened.
      await load.stop().catch(() => undefined);
      throw error;
    }
    const report = await load.stop();
    assert.ok(report.acknowledged > 100, "the load never came to anything");
    assert.equal(report.present, report.acknowledged, "rows are missing");
    return report;
  }

  /** Starts a pod that does nothing, beside the ring's. @param options of `kubectl run` */
  async bystander(name: string, ...options: string[]): Promise<void> {
    const image = "docker.io/library/cassandra:5.0.9";
    await this.lab.kubectl(["run", name, "--image", image, ...options, "--command", "--", "sleep", "infinity"]);
    const isThere = ["wait", "--for=condition=Ready", `pod/${name}`, "--timeout=60s"];
    await this.lab.kubectl([...isThere, ...options.filter((option) => option.startsWith("--namespace"))]);
  }

  /** Which of these ports of a pod another one can connect to. @param from its name, and its namespace before a slash where it has another */
  async reachable(from: string, pod: Pod, ports: number[]): Promise<number[]> {
    const [name, namespace = "default"] = from.split("/").reverse();
    const open: number[] = [];
    for (const port of ports) {
      const connect = [
        "timeout",
        "2",
        "bash",
        "-c",
        `: </dev/tcp/${pod.status.podIP}/${port} && echo open || echo closed`,
      ];
      const said = await this.lab
        .kubectl(["exec", "--namespace", namespace, name, "--", ...connect])
        // A packet that is dropped is never answered.
        .catch((error: Error) => error.message);
      assert.match(said, /^open$|^closed$|exit code 124/m);
      if (/^open$/m.test(said)) open.push(port);
    }
    return open;
  }

  /** Waits until a pod has said something in its log. @throws when it does not within so many seconds */
  async says(pod: string, what: RegExp, seconds: number): Promise<void> {
    for (let i = 0; !what.test(await this.log(pod)); i++) {
      assert.ok(i < seconds, `${pod} does not say ${what}: ${await this.log(pod)}`);
      await sleep(1000);
    }
  }

  /** Takes the right to write the record away from the pods. @returns what gives it back */
  async revokeRole(): Promise<() => Promise<unknown>> {
    type Binding = { metadata: Record<string, unknown> };
    const { items } = await this.get<{ items: Binding[] }>("rolebindings", "-l", "app=cassandra");
    // It was taken away already, and whoever did that gives it back.
    if (items.length === 0) return () => Promise.resolve();
    for (const { metadata } of items) for (const key of ["resourceVersion", "uid"]) delete metadata[key];
    await this.lab.kubectl(["delete", "rolebindings", "-l", "app=cassandra"]);
    const input = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    return () => this.lab.kubectl(["apply", "-f", "-"], { input });
  }

  /** How often the container of a pod has been started again. */
  async restarts(pod: string): Promise<number> {
    return Number(
      await this.lab.kubectl(["get", "pod", pod, "-o", "jsonpath={.status.containerStatuses[0].restartCount}"]),
    );
  }

  /** Waits until the container of a pod has been started so often, and serves. @throws when it does not within three minutes */
  async restarted(pod: string, times: number): Promise<void> {
    const path = "{.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}";
    for (let i = 0; (await this.lab.kubectl(["get", "pod", pod, "-o", `jsonpath=${path}`])) !== `${times} true`; i++) {
      assert.ok(i < 180, `${pod} does not come back: ${await this.log(pod)}`);
      await sleep(1000);
    }
  }

  /** How many rows one pod counts at consistency ONE. */
  async countRows(pod: string): Promise<number> {
    const said = await this.cql(pod, "CONSISTENCY ONE; SELECT count(*) FROM rows.numbers;");
    return Number(/^ +(\d+)$/m.exec(said)?.[1]);
  }

  /** Asserts that each pod counts all rows, wherever they are. */
  async everyPodCounts(rows: number, selector?: string): Promise<void> {
    for (const pod of (await this.pods(selector)).map(nameOf)) assert.equal(await this.countRows(pod), rows, pod);
  }
}

/** For a suite: a lab of real nodes for as long as it runs, and a stack in it. @param use is given both before its first test */
export function inRingLab(use: (made: { lab: Lab; stack: RingStack }) => void, options: LabOptions = {}): void {
  inLab({ ...options, name: "ring" }, async (lab) => use({ lab, stack: await RingStack.of(lab, "ring") }));
}

/** Statements that write rows, a hundred at a time. */
function inserts(first: number, count: number): string[] {
  return Array.from({ length: Math.ceil(count / 100) }, (_, batch) => {
    const size = Math.min(100, count - 100 * batch);
    const rows = Array.from({ length: size }, (_, i) => first + 100 * batch + i).map(
      (id) => `INSERT INTO rows.numbers (id, text) VALUES (${id}, 'row ${id}');`,
    );
    return `BEGIN UNLOGGED BATCH ${rows.join(" ")} APPLY BATCH;`;
  });
}

/** Host IDs, in order: members are the same when these are. */
export const ids = (members: Member[]) => members.map(({ id }) => id).sort();
