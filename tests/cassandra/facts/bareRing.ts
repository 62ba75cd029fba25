import { Lab, LabOptions } from "../../../lab/src/lab";
import { nameOf } from "../../support/stack";
import { inRingLab, RingStack } from "../../support/ringStack";
import { BareNode } from "./bareNode";

/** Tokens of each member. */
const numTokens = 4;

const manifest = (name: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: "bare" } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: "cassandra",
        image: "docker.io/library/cassandra:5.0.9",
        command: ["sleep", "infinity"],
        resources: { limits: { memory: "1Gi" } },
        env: [
          { name: "CASSANDRA_LISTEN_ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
          ...Object.entries({
            MAX_HEAP_SIZE: "384M",
            HEAP_NEWSIZE: "100M",
            CASSANDRA_DC: "DC1-K8Demo",
            CASSANDRA_ENDPOINT_SNITCH: "GossipingPropertyFileSnitch",
            CASSANDRA_NUM_TOKENS: `${numTokens}`,
            JVM_EXTRA_OPTS: [
              "-Dcassandra.ring_delay_ms=5000",
              // For so long a replacement watches whether the lost member is dead.
              "-Dcassandra.broadcast_interval_ms=5000",
              "-Dcassandra.skip_wait_for_gossip_to_settle=0",
              "-Dcassandra.superuser_setup_delay_ms=0",
              // With more copies, a decommission at three members is refused.
              "-Dcassandra.system_distributed.default_rf=1",
              "-Dcassandra.system_traces.default_rf=1",
              "-XX:TieredStopAtLevel=1",
            ].join(" "),
          }).map(([name, value]) => ({ name, value })),
        ],
      },
    ],
  },
});

/** The loggers that tell the state of a member write into a file of their own, beside what they write anyway. */
const states = `<appender name="STATES" class="ch.qos.logback.core.FileAppender">
  <file>/tmp/states</file>
  <encoder><pattern>%level %msg%n%nopex</pattern></encoder>
</appender>
<logger name="org.apache.cassandra.service.StorageService"><appender-ref ref="STATES"/></logger>
<logger name="org.apache.cassandra.service.CassandraDaemon"><appender-ref ref="STATES"/></logger>
</configuration>`;

/** Rings of pods in which tests start Cassandra themselves. With one copy of each row, as they have unless told otherwise, what one member loses is lost. */
export class BareRing {
  private constructor(
    private readonly stack: RingStack,
    readonly nodes: BareNode[],
  ) {}

  /** Makes that many pods. The first two are the seeds. */
  static async of(lab: Lab, stack: RingStack, count: number): Promise<BareRing> {
    const items = Array.from({ length: count }, (_, i) => manifest(`bare-${i}`));
    const list = { apiVersion: "v1", kind: "List", items };
    await lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(list) });
    await lab.kubectl(["wait", "--for=condition=Ready", "pod", "-l", "app=bare", "--timeout=60s"]);
    const pods = await stack.pods("app=bare");
    const seeds = pods.slice(0, 2).map(({ status }) => status.podIP!);
    for (const pod of pods) {
      const append = "sed -i '/<.configuration>/d' /etc/cassandra/logback.xml && cat >> /etc/cassandra/logback.xml";
      await stack.exec(nameOf(pod), ["sh", "-c", append], states);
    }
    return new BareRing(
      stack,
      pods.map((pod) => new BareNode(stack, pod, seeds.join())),
    );
  }

  /**
   * Empties all disks, and forms a ring of the first pods.
   * @param rows that it holds
   * @param of members that the tokens are those of, if others are to join
   * @param copies of each row
   */
  async form(count: number, rows = 1000, of = count, copies = 1): Promise<BareNode[]> {
    await Promise.all(this.nodes.map((node) => node.wipe()));
    const members = this.nodes.slice(0, count);
    await Promise.all(members.map((node, i) => node.serve("-Dcassandra.auto_bootstrap=false", tokens(i, of))));
    await members[0].reaches(`to see ${count} members`, async () => {
      const views = await Promise.all(members.map(({ name }) => this.stack.members(name)));
      return views.every((view) => view.length === count && view.every(({ state }) => state === "UN"));
    });
    await this.stack.writeRows(members[0].name, rows, copies);
    return this.nodes;
  }

  /** Writes further rows through one member. */
  addRows(node: BareNode, first: number, count: number): Promise<void> {
    return this.stack.addRows(node.name, first, count);
  }

  /** The state of each member as one of them lists it, such as `{ "10.244.1.2": "UN" }`. */
  async view(node: BareNode): Promise<Record<string, string>> {
    const members = await this.stack.members(node.name);
    return Object.fromEntries(members.map(({ address, state }) => [address, state]));
  }
}

/**
 * The option with the tokens of one of so many members. They share the ring evenly. Their order changes from round to round, so that
 * the ranges of a leaver go to several others.
 */
export function tokens(member: number, members: number): string {
  const all = BigInt(members * numTokens);
  const rounds = Array.from({ length: numTokens }, (_, round) => {
    const order = Array.from({ length: members }, (_, i) => (round % 2 ? members - 1 - i : i));
    const turned = [...order.slice(round % members), ...order.slice(0, round % members)];
    return BigInt(round * members + turned.indexOf(member));
  });
  return `-Dcassandra.initial_token=${rounds.map((place) => -(2n ** 63n) + (place * 2n ** 64n) / all).join()}`;
}

/** For a suite: a lab with bare pods for as long as it runs. @param use is given them before the first test */
export function inBareLab(count: number, use: (ring: BareRing) => void, options: LabOptions = {}): void {
  let made: { lab: Lab; stack: RingStack };
  inRingLab((lab) => (made = lab), options);
  before(async () => use(await BareRing.of(made.lab, made.stack, count)));
}
