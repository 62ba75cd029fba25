import * as pulumi from "@pulumi/pulumi";
import { setTimeout as sleep } from "node:timers/promises";
import type { RecordedRoles } from "../cassandra/recordedRoles";
import { type Role, rolesType } from "../cassandra/roles";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { OwedStep } from "../engine/owedStep";
import { ProgressReporter, progressReporter } from "../engine/progressReporter";
import { errorMessage } from "../kubernetes/apiErrors";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { credentialCacheSeconds } from "./passwordChange";
import { type ReadRoles, readRoles, type RolesGoal, superusersOf } from "./rolesGoal";
import { describeOwed, describeRoleStep } from "./rolesMessages";
import { planRoles, recordedAfter, recordedBefore, type RoleStep, statementsOf, withStateOf } from "./rolesPlan";
import { type RolesOnRecord, RolesSurvey } from "./rolesSurvey";

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

interface Plan {
  steps: RoleStep[];
  goal: RolesGoal;
  survey: RolesSurvey;
  recorded: RecordedRoles;
  superusers: string[];
  hasMembers: boolean;
}

/**
 * The roles of a ring besides its superuser. The state remembers the list, and digests of the passwords that were set last; the ring record
 * remembers which roles and permissions are the program's own.
 */
export class Roles extends OwedStep<RolesGoal, Plan> {
  private readonly report: ProgressReporter;
  private readonly parent?: pulumi.Resource;
  private readonly read: Omit<ReadRoles, "goal">;

  constructor(
    name: string,
    private readonly args: RolesArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    const { namespace, record, roles } = args;
    const { goal, ...read } = readRoles(args);
    super(rolesType, name, { hook: name, goal: { namespace, record, roles, ...goal }, dueOnCreate: true }, opts);
    this.read = read;
    this.parent = opts.parent;
    this.report = progressReporter(args.name, opts.parent);
    this.registerOutputs({});
  }

  protected override async plan(was: RolesGoal | undefined, goal: RolesGoal): Promise<Plan | undefined> {
    const { args, parent } = this;
    const { name, selector, cluster } = args;
    const { namespace, record, roles } = goal;
    const survey = new RolesSurvey({ namespace, record, selector, cluster });
    const isKnown = typeof namespace === "string" && typeof record === "string";
    const onRecord = isKnown ? await survey.onRecord() : unknownRecord;
    const recorded = withStateOf(was?.roles, onRecord);
    const { hasMembers } = onRecord;
    if (roles.length + Object.keys(recorded.granted).length === 0) return undefined;
    const look = async () => (roles.length > 0 ? await this.read.ring : undefined) ?? (await survey.inRing(roles));
    const ring = hasMembers ? await inspectOrWarn(`roles of ring ${name}`, look, { parent }) : undefined;
    const superusers = superusersOf(args, onRecord);
    const [before, now] = await Promise.all([digests(was?.passwords), digests(goal.passwords)]);
    const isChanged = (role: string) => (before ? before[role] !== now?.[role] : undefined);
    const steps = planRoles({ name, roles, superusers, recorded, ring, isChanged });
    return { steps, goal, survey, recorded, superusers, hasMembers };
  }

  protected override async preview({ steps }: Plan): Promise<void> {
    await this.tell(steps);
  }

  protected override async act({ steps, goal, survey, recorded, superusers, hasMembers }: Plan): Promise<void> {
    const { run = 0, roles } = goal;
    if (!hasMembers) {
      const why =
        "its roles are owed, since the ring record lists no member that could make them: run `pulumi up` again once it does";
      await survey.remember({ ...recorded, run, owed: [why] });
      return this.warn(why);
    }
    await survey.remember(recordedBefore(recorded, steps));
    const passwords = await this.read.passwords;
    const statements = steps.flatMap((step) => statementsOf(step, passwords[step.name]));
    if (statements.length > 0) {
      await survey.run(statements, Object.values(passwords)).catch((error: Error) => {
        throw new Error(`ring ${this.args.name}: its roles are not what the stack says yet: ${errorMessage(error)}`);
      });
      // No member knows a former password or permission from its cache any more.
      await sleep(credentialCacheSeconds * 1000);
    }
    const owed = steps.flatMap(describeOwed);
    await survey.remember(recordedAfter({ roles, recorded, superusers }, steps, { run, owed }));
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
}

/** In the preview of a ring whose record is yet to be made. */
const unknownRecord: RolesOnRecord = {
  recorded: { run: 0, owed: [], granted: {} },
  isTold: false,
  formed: "",
  hasMembers: false,
};

/** Digests as a hook is given them: a secret is an Output there. @returns undefined if the state has none, or they are not known yet */
async function digests(given: unknown): Promise<Record<string, string> | undefined> {
  if (!pulumi.Output.isInstance(given)) return given as Record<string, string> | undefined;
  const output = given as pulumi.Output<Record<string, string>> & { isKnown: Promise<boolean> };
  return (await output.isKnown) ? new Promise((resolve) => output.apply(resolve)) : undefined;
}
