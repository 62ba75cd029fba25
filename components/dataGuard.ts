import * as pulumi from "@pulumi/pulumi";
import { isDeepStrictEqual } from "node:util";
import { failUpdate } from "./failUpdate";
import { recorded } from "./recorded";

/** What an edit of facts means for the rows. */
export interface Verdict {
  /** Rows that it leaves behind, a sentence for each: it is refused until that is accepted. */
  losses: string[];
  /** Why it cannot work at all: it is refused. */
  refusals: string[];
}

/**
 * Keeps facts in Pulumi's state, on which rows depend, and refuses an edit of them that would leave rows behind: in preview, and
 * in `up` before anything that depends on it is touched. It makes no object, and needs no cluster to decide.
 */
export class DataGuard<Facts extends object> extends pulumi.ComponentResource {
  /**
   * For `dependsOn`: what must come after the guard has let the edit pass. The guard itself in its place would not do: of a
   * component, Pulumi waits for the objects in it, and here there are none.
   */
  readonly passed: pulumi.Output<pulumi.Resource[]>;

  /**
   * @param facts what the state is to remember
   * @param judge what an edit from the old facts to the new ones means
   * @param acceptDataLoss whether that is meant: then it is only said
   */
  constructor(
    name: string,
    facts: { [K in keyof Facts]: pulumi.Input<Facts[K]> },
    judge: (was: Facts, wanted: Facts) => Verdict,
    acceptDataLoss: boolean,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    let isJudged = false;
    const check = async (was: Facts, wanted: Facts) => {
      isJudged = true;
      const { losses, refusals } = judge(was, wanted);
      if (refusals.length > 0) throw new Error(refusals.join("\n"));
      if (losses.length > 0 && !acceptDataLoss) {
        throw new Error(`${losses.join("\n")}\nallowed is that with cassandra:acceptDataLoss: true alone`);
      }
      for (const line of losses) await pulumi.log.warn(line);
    };
    const guard = new pulumi.ResourceHook(
      `${name}-data-guard`,
      ({ oldInputs, newInputs }) => check(oldInputs as Facts, newInputs as Facts),
      { onDryRun: true },
    );
    super("cassandra:index:DataGuard", name, facts, { ...opts, hooks: { beforeUpdate: [guard] } });
    // An update that is told to leave the guard alone (`--target`, `--exclude`) calls no hook of it, and may delete what the program no
    // longer makes: then what the state remembers is compared here.
    const memory = recorded<{ facts: Facts }>(this);
    this.passed = pulumi.output(facts).apply(async (given) => {
      const [{ facts: was }, wanted] = [await memory, plain(given as Facts)];
      if (isJudged || !was || isDeepStrictEqual(was, wanted)) return [];
      try {
        await check(was, wanted);
        return [];
      } catch (error) {
        failUpdate((error as Error).message);
        // What comes after the guard never does.
        return new Promise<pulumi.Resource[]>(() => undefined);
      }
    });
    this.registerOutputs({
      facts: this.urn.apply(async () => {
        const { facts: was } = await memory;
        return was ?? facts;
      }),
    });
  }
}

/** As the state holds it: without what is undefined. */
function plain<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** What the state remembers of one ring. */
export interface RingFacts {
  /** Name of its set and Services. */
  name: string;
  namespace: string;
  /** Cassandra's names of the cluster and of the data centre; none of CockroachDB. */
  clusterName?: string;
  datacenter?: string;
  /** Its racks, in order: `a, b, c`. @default all members are in one */
  racks?: string;
  /** Whether its clients log in, and the role that may do everything. @default "none", of rings from before there was a choice */
  auth?: "password" | "none";
  superuser?: string;
  /** Whether what goes over the network is encrypted. @default "none" */
  tls?: "secret" | "cert-manager" | "none";
  /** Who signs its certificates, where cert-manager does. */
  tlsIssuer?: string;
  /** What its rows lie in. */
  disk: "volumes" | "pods" | "nodes";
  /** Folder of the nodes, where they lie in those. */
  hostPath?: string;
  /** Topology whose pods it has taken over; its own, where these are of a set that others made. */
  adopt?: string;
  /** Of which template the pods of that set are. */
  podTemplate?: "kept" | "own";
}

const fate = {
  volumes: "its volumes stay, and a later `pulumi up` of it finds the rows",
  pods: "its rows go with its pods",
  nodes: "its folders stay on the nodes",
};

/** Names that members are made with, and refuse to start under others. */
const ringNames = ["clusterName", "datacenter"] as const;

/** What becomes of one ring: its topology, and the rings that the stack is to have. */
function judgeRing(topology: string, ring: RingFacts, wanted: Record<string, RingFacts>): Verdict {
  const lost = (loss: string) => ({ losses: [`${loss}, and ${fate[ring.disk]}`], refusals: [] });
  const all = Object.entries(wanted);
  const [heir, successor] =
    all.find(([other, { name, adopt }]) => name === ring.name && (other === topology || adopt === topology)) ?? [];
  const whose = `ring ${ring.name} (${topology})`;
  if (!successor) {
    const others = all.map(([other, { name }]) => `ring ${name} (${other})`).join(" or ");
    return lost(`cassandra:topologies: this edit leaves ${whose} behind: its rows are not carried over to ${others}`);
  }
  if (successor.namespace !== ring.namespace)
    return lost(`cassandra:namespace: this edit leaves ${whose} in namespace ${ring.namespace} behind`);
  if (heir === topology && successor.adopt !== ring.adopt && topology !== "persistent")
    return lost(`cassandra:${topology}.adoptPod: this edit gives the pods of ring ${ring.name} up`);
  if (ring.hostPath && successor.hostPath !== ring.hostPath)
    return lost(`cassandra:${topology}.hostPath: this edit leaves the rows in ${ring.hostPath} behind`);
  const refusals = ringNames
    .filter((key) => successor[key] !== ring[key])
    .map(
      (key) =>
        `cassandra:${key}: "${successor[key]}" is not allowed for ${whose}: its members were made with "${ring[key]}" and ` +
        `start with no other; allowed is "${ring[key]}", or another ring (cassandra:${heir}.name)`,
    );
  if (heir === "persistent" && successor.adopt !== ring.adopt) {
    const isAdopted = ring.adopt !== undefined;
    refusals.push(
      `cassandra:persistent.adopt: "${!isAdopted}" is not allowed for ${whose}: its set ${isAdopted ? "has" : "would need"} the ` +
        `labels and claims of one that was adopted, and these can never change; allowed is "${isAdopted}"`,
    );
  }
  if (ring.podTemplate === "own" && successor.podTemplate === "kept") {
    refusals.push(
      `cassandra:persistent.podTemplate: "kept" is not allowed for ${whose}: its pods are of this program's template, and that of ` +
        'before is gone; allowed is "own"',
    );
  }
  const inRacks = ({ racks }: RingFacts) => (racks === undefined ? "[]" : `[${racks}]`);
  if (successor.racks !== ring.racks) {
    refusals.push(
      `cassandra:racks: ${inRacks(successor)} is not allowed for ${whose}: its members are in ${inRacks(ring)}, and another rack would ` +
        `want other rows of each; allowed is ${inRacks(ring)}, or another ring (cassandra:${heir}.name)`,
    );
  }
  return { losses: [], refusals: [...refusals, ...protectionRefusals(whose, ring, successor)] };
}

/**
 * Members that ask for a password and members that do not serve no client alike, those that encrypt do not reach those that do
 * not or trust another authority, and the role is made once.
 */
function protectionRefusals(whose: string, was: RingFacts, wanted: RingFacts): string[] {
  const choices = ({ auth = "none", tls = "none", superuser, tlsIssuer }: RingFacts) => ({
    auth,
    tls,
    superuser,
    tlsIssuer,
  });
  /** Whether a key is judged by another one. */
  const follows = { auth: undefined, tls: undefined, superuser: "auth", tlsIssuer: "tls" } as const;
  const [before, after] = [choices(was), choices(wanted)];
  const anew =
    was.disk === "pods"
      ? "or a ring of another name, which starts without rows"
      : "or `pulumi destroy`, which keeps the rows, and then `pulumi up`: no member runs meanwhile";
  const ways = {
    auth: anew,
    tls: anew,
    tlsIssuer: anew,
    superuser: `or another role that it makes: CREATE ROLE ${after.superuser} WITH SUPERUSER = true`,
  };
  return (["auth", "tls", "superuser", "tlsIssuer"] as const)
    .filter((key) => before[key] !== after[key])
    .filter((key) => follows[key] === undefined || before[follows[key]] === after[follows[key]])
    .map(
      (key) =>
        `cassandra:${key}: "${after[key]}" is not allowed for ${whose} while it runs with "${before[key]}"; allowed is ` +
        `"${before[key]}", ${ways[key]}`,
    );
}

/** What an edit means for the rings of a stack. @param was, wanted rings by their topology */
export function judgeRings(was: Record<string, RingFacts>, wanted: Record<string, RingFacts>): Verdict {
  const verdicts = Object.entries(was).map(([topology, ring]) => judgeRing(topology, ring, wanted));
  return {
    losses: verdicts.flatMap(({ losses }) => losses),
    refusals: verdicts.flatMap(({ refusals }) => refusals),
  };
}
