/** The ring of a stack as a person sees it: through kubectl, nodetool and cqlsh in its pods. */

/** Runs kubectl against the cluster of the stack and returns its output. */
export type Kubectl = (args: string[], input?: string) => Promise<string>;

/** What is needed of the stack's outputs: where its rings are, by their topology. */
export interface StackOutputs {
  namespace: string;
  usage: Record<string, { discoveryService: string; cqlsh?: string }>;
}

const keyspace = "my_cassandra_keyspace";

/** The tutorials' sample rows. `IF NOT EXISTS` throughout: loading them again writes nothing. */
export function employees(datacenter: string, replication: number): string {
  const rows = [
    "1, 'David', 'SF', 50000, 9848022338",
    "2, 'Robin', 'SJC', 40000, 9848022339",
    "3, 'Bob', 'Austin', 45000, 9848022330",
  ];
  const columns = "emp_id, emp_name, emp_city, emp_sal, emp_phone";
  return [
    `CREATE KEYSPACE IF NOT EXISTS ${keyspace} ` +
      `WITH replication = {'class': 'NetworkTopologyStrategy', '${datacenter}': ${replication}};`,
    `CREATE TABLE IF NOT EXISTS ${keyspace}.employee ` +
      "(emp_id int PRIMARY KEY, emp_name text, emp_city text, emp_sal varint, emp_phone varint);",
    ...rows.map((row) => `INSERT INTO ${keyspace}.employee (${columns}) VALUES (${row}) IF NOT EXISTS;`),
  ].join("\n");
}

/** A running ring, reached through its pods. */
export class Ring {
  /**
   * @param name of its set and Service
   * @param cqlsh what runs CQL in a pod, logged in where that is needed
   */
  constructor(
    private readonly kubectl: Kubectl,
    readonly namespace: string,
    readonly name: string,
    readonly cqlsh: string,
  ) {}

  /** The Cassandra rings of a stack. */
  static of(kubectl: Kubectl, { namespace, usage }: StackOutputs): Ring[] {
    return Object.values(usage).flatMap(({ cqlsh, discoveryService }) => {
      const [, inPod] = cqlsh?.split(" -- ") ?? [];
      return inPod ? [new Ring(kubectl, namespace, discoveryService, inPod)] : [];
    });
  }

  /** Names of its pods, in ordinal order where they have ordinals. */
  async pods(): Promise<string[]> {
    const instance = `app.kubernetes.io/instance=${this.name}`;
    const names = await this.kubectl(["get", "pods", "-n", this.namespace, "-l", instance, "-o", "name"]);
    return names
      .split("\n")
      .filter(Boolean)
      .map((name) => name.replace("pod/", ""))
      .sort(new Intl.Collator("en", { numeric: true }).compare);
  }

  nodetool(pod: string, ...args: string[]): Promise<string> {
    return this.exec(pod, ["nodetool", ...args]);
  }

  /** Runs CQL on one pod, at consistency ONE as cqlsh does, and returns what cqlsh prints. */
  cql(pod: string, statements: string): Promise<string> {
    return this.exec(pod, [this.cqlsh], statements);
  }

  /** Loads the three employees, on as many replicas as the ring has members, three at the most. */
  async loadEmployees(): Promise<void> {
    const pods = await this.pods();
    const [row] = (await this.cql(pods[0], "SELECT JSON data_center FROM system.local;")).match(/\{.*\}/) ?? [];
    if (!row) throw new Error(`${pods[0]} did not tell its data centre`);
    const { data_center: datacenter } = JSON.parse(row) as { data_center: string };
    await this.cql(pods[0], employees(datacenter, Math.min(3, pods.length)));
  }

  /** The employees as one pod reads them. */
  readEmployees(pod: string): Promise<string> {
    return this.cql(pod, `SELECT * FROM ${keyspace}.employee;`);
  }

  private exec(pod: string, command: string[], input?: string): Promise<string> {
    const stdin = input === undefined ? [] : ["-i"];
    return this.kubectl(["exec", ...stdin, "-n", this.namespace, pod, "-c", "cassandra", "--", ...command], input);
  }
}
