import * as pulumi from "@pulumi/pulumi";
import type { RingRoles, Role } from "../cassandra/roles";
import { failUpdate } from "../engine/failUpdate";
import { isMocked } from "../engine/recorded";
import { withAnswerTimeout } from "../kubernetes/apiClient";
import { errorMessage } from "../kubernetes/apiErrors";
import type { RolesArgs } from "./roles";
import { planRoles } from "./rolesPlan";
import { digestsOf, readPasswords } from "./roleSecrets";
import { type RolesOnRecord, RolesSurvey } from "./rolesSurvey";

/** What the state remembers of roles. */
export interface RolesGoal {
  namespace: string;
  /** Name of the ring record. A preview knows neither one that is yet to be made, nor a namespace of that kind. */
  record: string;
  roles: Role[];
  /** Digests of the passwords, a secret. Left out without roles. */
  passwords?: unknown;
  /**
   * When an update last found another ring than the one before had left, or owed something, in milliseconds since 1970. A number that the
   * state does not have has the engine call the hook. Left out without roles.
   */
  run?: number;
  /** When the ring formed: one that has formed anew, with its data gone, has no roles. Left out without roles. */
  formed?: string;
}

/** What is read when the program runs, in preview as well. */
export interface ReadRoles {
  goal: pulumi.Inputs;
  /** By role. They are kept in the memory of the program alone. */
  passwords: Promise<Record<string, string>>;
  /** What a member has told; undefined where nobody could look. */
  ring: Promise<RingRoles | undefined>;
}

/** Reads the Secrets, the ring record and the ring, for the goal. A ring without roles is not looked at. */
export function readRoles(args: RolesArgs): ReadRoles {
  const { name, roles, cluster, selector } = args;
  const nothing = Promise.resolve(undefined);
  if (roles.length === 0 || isMocked()) return { goal: {}, passwords: Promise.resolve({}), ring: nothing };
  const failed = (error: Error): Promise<never> => {
    failUpdate(`ring ${name}: its roles could not be checked: ${errorMessage(error)}. Nothing of them was touched`);
    // Never resolved, so that nothing that waits for it is made.
    return new Promise(() => undefined);
  };
  const [keptPasswords, keptRing] = [kept<Record<string, string>>(), kept<RingRoles | undefined>()];
  const passwords = pulumi.output(args.namespace).apply(async (namespace) => {
    const read = await readPasswords(roles, namespace, cluster).catch(failed);
    keptPasswords.keep(read);
    return digestsOf(read, name, namespace);
  });
  const seen = pulumi.all([args.namespace, args.record, args.after]).apply(async ([namespace, record]) => {
    const survey = new RolesSurvey({ namespace, record, selector, cluster });
    const onRecord = await withAnswerTimeout(() => survey.onRecord()).catch(failed);
    // The hook looks again, and tells why it could not.
    const look = () => withAnswerTimeout(() => survey.inRing(roles)).catch(() => undefined);
    const ring = onRecord.hasMembers ? await look() : undefined;
    keptRing.keep(ring);
    const { run } = onRecord.recorded;
    return { run: isDue(args, onRecord, ring) ? Date.now() : run, formed: onRecord.formed };
  });
  const goal = { passwords: pulumi.secret(passwords), run: seen.run, formed: seen.formed };
  return { goal, passwords: keptPasswords.value, ring: keptRing.value };
}

/** Whether something is owed, or the ring is not what the last update has left: somebody has dropped a role by hand. */
function isDue(args: RolesArgs, onRecord: RolesOnRecord, ring: RingRoles | undefined): boolean {
  const { recorded } = onRecord;
  if (recorded.owed.length > 0) return true;
  if (!ring) return false;
  const { name, roles } = args;
  try {
    const superusers = superusersOf(args, onRecord);
    return planRoles({ name, roles, superusers, recorded, ring, isChanged: () => false }).length > 0;
  } catch {
    // The hook refuses it.
    return true;
  }
}

/** Names that no step touches: that of the stack, and that of the ring. */
export const superusersOf = (
  { superuser }: Pick<RolesArgs, "superuser">,
  onRecord: Pick<RolesOnRecord, "superuser">,
) => [superuser, ...(onRecord.superuser === undefined ? [] : [onRecord.superuser])];

/** A value that is there later. */
function kept<T>(): { value: Promise<T>; keep: (value: T) => void } {
  let keep!: (value: T) => void;
  const value = new Promise<T>((resolve) => (keep = resolve));
  return { value, keep };
}
