import * as pulumi from "@pulumi/pulumi";
import { setTimeout as sleep } from "node:timers/promises";
import { runCql } from "../cassandra/cqlSession";
import { hostIdIn, RecordEntries } from "../cassandra/record";
import { dueRun, parseRecordedRoles, RecordedRoles, rolesKey } from "../cassandra/recordedRoles";
import { parseRingRoles, RingRoles, Role, roleQueries } from "../cassandra/roles";
import { failUpdate } from "../engine/failUpdate";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { OwedStep } from "../engine/owedStep";
import { ProgressReporter, progressReporter } from "../engine/progressReporter";
import { isMocked } from "../engine/recorded";
import { errorMessage, KubernetesClient, undefinedWhenNotFound } from "../kubernetes/apiClient";
import { KubeContext } from "../kubernetes/kubeconfig";
import { isReady } from "../kubernetes/podState";
import { credentialCacheSeconds } from "./passwordChange";
import { describeOwed, describeRoleStep } from "./rolesMessages";
import { planRoles, recordedAfter, recordedBefore, RoleStep, statementsOf } from "./rolesPlan";
import { digestsOf, readPasswords } from "./roleSecrets";

export interface RolesArgs {
  /** Name of the ring. */
  name: string;
  namespace: pulumi.Input<string>;
  /** Labels of its pods. */
  selector: Record<string, string>;
  roles: Role[];
  /** Name of the superuser, whom no step touches. */
  superuser: string;
  /** Name of the ConfigMap that holds the ring record. */
  record: pulumi.Input<string>;
  /** Resolves once the superuser can log in. */
  after: pulumi.Input<unknown>;
  /** The Kubernetes cluster of the ring. @default that of the default provider */
  cluster?: KubeContext;
}

interface Goal {
  namespace: string;
  /** Name of the ring record. A preview does not know one that is yet to be made, nor a namespace. */
  record: string;
  roles: Role[];
  /** Digests of the passwords, a secret. Left out without roles. */
  passwords?: unknown;
  /** As the ring record counts them, so that an update which owes something differs from the next one. Left out without roles. */
  run?: number;
  /** When the ring formed: a ring that has formed anew, with its data gone, has no roles. Left out without roles. */
  formed?: string;
}

interface Plan {
  steps: RoleStep[];
  goal: Goal;
  recorded: RecordedRoles;
  superusers: string[];
  /** Undefined where nobody could look. */
  ring?: RingRoles;
  /** Whether the ring record lists a member. Simulated pods write none. */
  hasMembers: boolean;
}

/**
 * The roles of a ring besides its superuser. The state remembers the list, and digests of the passwords that were set last; the ring record
 * remembers which roles and permissions are the program's own.
 */
export class Roles extends OwedStep<Goal, Plan> {
  private readonly report: ProgressReporter;
  private readonly parent?: pulumi.Resource;
  /** Read when the program runs, and kept in its memory alone. */
  private readonly passwords: Promise<Record<string, string>>;

  constructor(
    name: string,
    private readonly args: RolesArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { namespace, record, roles } = args;
    const { passwords, goal } = goalOf(args);
    super(
      "cassandra:index:Roles",
      name,
      { hook: name, goal: { namespace, record, roles, ...goal }, dueOnCreate: true },
      opts,
    );
    this.passwords = passwords;
    this.parent = opts.parent;
    this.report = progressReporter(args.name, opts.parent);
    this.registerOutputs({});
  }

  protected override async plan(was: Goal | undefined, goal: Goal): Promise<Plan | undefined> {
    const { args, parent } = this;
    const isKnown = typeof goal.namespace === "string" && typeof goal.record === "string";
    const entries = isKnown ? ((await readRecord(args, goal)) ?? {}) : {};
    const recorded = parseRecordedRoles(entries[rolesKey]);
    if (goal.roles.length + Object.keys(recorded.granted).length === 0) return undefined;
    const hasMembers = Object.values(entries).some((entry) => hostIdIn(entry) !== undefined);
    const ring = hasMembers
      ? await inspectOrWarn(`roles of ring ${args.name}`, () => this.look(goal), { parent })
      : undefined;
    const superusers = [args.superuser, ...(entries.superuser ? [entries.superuser] : [])];
    const [before, now] = await Promise.all([digests(was?.passwords), digests(goal.passwords)]);
    const isChanged = (role: string) => (before ? before[role] !== now?.[role] : undefined);
    const { roles } = goal;
    const steps = planRoles({ name: args.name, roles, superusers, recorded, ring, isChanged });
    return { steps, goal, recorded, superusers, ring, hasMembers };
  }

  protected override async preview({ steps }: Plan): Promise<void> {
    await this.tell(steps);
  }

  protected override async act(plan: Plan): Promise<void> {
    const { steps, goal, recorded, superusers, hasMembers } = plan;
    const run = goal.run ?? 0;
    if (!hasMembers) {
      const why =
        "its roles are owed, since the ring record lists no member that could make them: run `pulumi up` again once it does";
      await this.remember(goal, { ...recorded, run, owed: [why] });
      await this.warn(why);
      return;
    }
    await this.remember(goal, recordedBefore(recorded, steps));
    const passwords = await this.passwords;
    const statements = steps.flatMap((step) => statementsOf(step, passwords[step.name]));
    if (statements.length > 0) {
      await runCql(await this.client(), await this.member(goal), statements, Object.values(passwords)).catch(
        (error: Error) => {
          throw new Error(`ring ${this.args.name}: its roles are not what the stack says yet: ${errorMessage(error)}`);
        },
      );
      // No member knows a former password or permission from its cache any more.
      await sleep(credentialCacheSeconds * 1000);
    }
    const owed = steps.flatMap(describeOwed);
    await this.remember(goal, recordedAfter({ roles: goal.roles, recorded, superusers }, steps, { run, owed }));
    await this.tell(steps);
  }

  private async tell(steps: RoleStep[]): Promise<void> {
    const secretOf = (name: string) => this.args.roles.find((role) => role.name === name)?.secretName ?? "";
    for (const step of steps) {
      for (const line of describeRoleStep(step, { secretName: secretOf(step.name) })) await this.report(line, true);
      for (const line of describeOwed(step)) await this.warn(line);
    }
  }

  private warn(line: string): Promise<void> {
    return pulumi.log.warn(`${this.args.name}: ${line}`, this.parent);
  }

  private client(): Promise<KubernetesClient> {
    return KubernetesClient.connect(this.args.cluster);
  }

  private async look(goal: Goal): Promise<RingRoles> {
    return parseRingRoles(await runCql(await this.client(), await this.member(goal), [roleQueries(goal.roles)]));
  }

  /** A member that serves CQL. @throws {Error} if none does */
  private async member({ namespace }: Goal): Promise<{ namespace: string; pod: string }> {
    const pods = await (await this.client()).pods(namespace, this.args.selector);
    const found = pods.find((pod) => isReady(pod) && !pod.metadata!.deletionTimestamp);
    if (found) return { namespace, pod: found.metadata!.name! };
    throw new Error("no member serves that could be asked for roles. Run `pulumi up` again once a member serves");
  }

  private async remember({ namespace, record }: Goal, roles: RecordedRoles): Promise<void> {
    const { objects } = await this.client();
    const data = { [rolesKey]: JSON.stringify(roles) };
    const metadata = { name: record, namespace };
    await objects.patch({ apiVersion: "v1", kind: "ConfigMap", metadata, data } as Parameters<typeof objects.patch>[0]);
  }
}

/** What is read when the program runs, and becomes a part of the goal. */
function goalOf(args: RolesArgs): { passwords: Promise<Record<string, string>>; goal: pulumi.Inputs } {
  const { name, namespace, record, roles, after, cluster } = args;
  if (roles.length === 0 || isMocked()) return { passwords: Promise.resolve({}), goal: {} };
  const failed = (error: Error): Promise<never> => {
    failUpdate(`ring ${name}: its roles could not be checked: ${errorMessage(error)}. Nothing of them was touched`);
    // Never resolved, so that nothing that waits for it is made.
    return new Promise(() => undefined);
  };
  let keep: (passwords: Record<string, string>) => void;
  const passwords = new Promise<Record<string, string>>((resolve) => (keep = resolve));
  const digests = pulumi.output(namespace).apply(async (of) => {
    const read = await readPasswords(roles, of, cluster).catch(failed);
    keep(read);
    return digestsOf(read, name, of);
  });
  const recorded = pulumi.all([namespace, record, after]).apply(async ([of, map]) => {
    const entries = (await readRecord(args, { namespace: of, record: map }).catch(failed)) ?? {};
    return { run: dueRun(parseRecordedRoles(entries[rolesKey])), formed: entries.formed ?? "" };
  });
  return { passwords, goal: { passwords: pulumi.secret(digests), run: recorded.run, formed: recorded.formed } };
}

/** Entries of the ring record; undefined if there is none. */
async function readRecord(
  { cluster }: Pick<RolesArgs, "cluster">,
  { namespace, record: name }: { namespace: string; record: string },
): Promise<RecordEntries | undefined> {
  const { core } = await KubernetesClient.connect(cluster);
  const map = await core.readNamespacedConfigMap({ name, namespace }).catch(undefinedWhenNotFound);
  return map && (map.data ?? {});
}

/** Digests as a hook is given them: a secret is an Output there. @returns undefined if the state has none, or they are not known yet */
async function digests(given: unknown): Promise<Record<string, string> | undefined> {
  if (!pulumi.Output.isInstance(given)) return given as Record<string, string> | undefined;
  const output = given as pulumi.Output<Record<string, string>> & { isKnown: Promise<boolean> };
  return (await output.isKnown) ? new Promise((resolve) => output.apply(resolve)) : undefined;
}
