import type { RecordedRoles } from "../cassandra/recordedRoles";
import { alterRole, createRole, dropRole, grantTo, revokeFrom } from "../cassandra/roleStatements";
import { type Permission, permissionsOf, resourceOf, type RingRoles, type Role } from "../cassandra/roles";
import { propertyName } from "../engine/propertyNames";

/** What is done with one role. */
export interface RoleStep {
  name: string;
  /** `adopt`: others have made it; `drop`: it left the list. */
  kind: "create" | "adopt" | "alter" | "drop";
  /** Whether its password is set: `changes`, or `anew` where nobody knows whether the ring has it. @default it stays */
  password?: "changes" | "anew";
  /** Whether the role becomes one that may do everything. @default that stays as it is */
  superuser?: boolean;
  /** Whether it may log in from now on. @default that stays as it is */
  login?: true;
  grants: Permission[];
  revokes: Permission[];
  /** What cannot be granted, since the keyspace or the table does not exist. */
  owed: Permission[];
}

export interface RolesToPlan {
  /** Name of the ring. */
  name: string;
  roles: Role[];
  /** Roles that no step touches: the superuser, also under the name that the ring record has. */
  superusers: string[];
  recorded: RecordedRoles;
  /** What the ring holds; undefined where nobody could look. */
  ring?: RingRoles;
  /** Whether the password of a role is another one than the last; undefined where the state knows of none. */
  isChanged: (role: string) => boolean | undefined;
}

/**
 * What is to be done so that a ring has these roles, and no longer those that this program made and that have left the list.
 * @throws {Error} if a role exists that others have made
 */
export function planRoles(given: RolesToPlan): RoleStep[] {
  const { roles, recorded, superusers } = given;
  const isWanted = (name: string) => roles.some((role) => role.name === name);
  const dropped = Object.keys(recorded.granted).filter((name) => !isWanted(name) && !superusers.includes(name));
  return [
    ...roles.map((role) => planRole(role, given)),
    ...dropped.map((name): RoleStep => ({ name, kind: "drop", grants: [], revokes: [], owed: [] })),
  ].filter((step) => step.kind !== "alter" || isSomething(step));
}

const isSomething = ({ password, superuser, login, grants, revokes, owed }: RoleStep) =>
  password !== undefined ||
  superuser !== undefined ||
  login !== undefined ||
  grants.length + revokes.length + owed.length > 0;

/** What is to be done with a role of the list. */
function planRole(role: Role, { name: ring, recorded, ring: found, superusers, isChanged }: RolesToPlan): RoleStep {
  const { name, superuser = false, adopt = false } = role;
  if (superusers.includes(name)) throw new Error(refusal(role, ring, "it is the superuser", "another name"));
  const own = recorded.granted[name];
  const there = found?.roles[name];
  const isThere = found ? there !== undefined : own !== undefined;
  if (isThere && own === undefined && !adopt) {
    const way = `another name, or \`adopt: true\`, which gives it the password of Secret ${role.secretName}`;
    throw new Error(refusal(role, ring, "a role of that name exists that this stack has not made", way));
  }
  const wanted = permissionsOf(role);
  const has = found ? (found.permissions[name] ?? []) : (own ?? []);
  const exists = (permission: Permission) => !found || found.resources.includes(resourceOf(permission));
  const missing = isThere ? wanted.filter((permission) => !has.includes(permission)) : wanted;
  const permissions = {
    grants: missing.filter(exists),
    revokes: (own ?? []).filter((one) => !wanted.includes(one) && has.includes(one) && exists(one) && isThere),
    owed: missing.filter((permission) => !exists(permission)),
  };
  if (!isThere) return { name, kind: "create", ...(superuser && { superuser }), ...permissions };
  const isNow = there?.isSuperuser ?? superuser;
  const options = {
    ...(superuser !== isNow && { superuser }),
    ...(there?.canLogin === false && { login: true as const }),
  };
  if (own === undefined) return { name, kind: "adopt", ...options, ...permissions };
  const changed = isChanged(name);
  const password = changed === undefined ? "anew" : changed ? "changes" : undefined;
  return { name, kind: "alter", ...(password && { password }), ...options, ...permissions };
}

/** Why a name is refused. */
const refusal = ({ name }: Role, ring: string, why: string, allowed: string) =>
  `${propertyName("roles")}: "${name}" is not allowed in ring ${ring}: ${why}; allowed is ${allowed}`;

/** CQL of a step. @param password of the role, for a step that sets it */
export function statementsOf(step: RoleStep, password: string): string[] {
  const { name, kind, superuser, login, grants, revokes } = step;
  if (kind === "drop") return [dropRole(name)];
  const options = {
    ...((kind !== "alter" || step.password !== undefined) && { password }),
    ...(login && { login }),
    ...(superuser !== undefined && { superuser }),
  };
  return [
    kind === "create" ? createRole(name, { superuser: false, ...options, login: true }) : alterRole(name, options),
    ...grants.map((permission) => grantTo(name, permission)),
    ...revokes.map((permission) => revokeFrom(name, permission)),
  ].filter((statement) => statement !== "");
}

/** What is on record, or what the state remembers where somebody has deleted the record. @param roles that the state has */
export function withStateOf(
  roles: Role[] | undefined,
  { recorded, isTold }: { recorded: RecordedRoles; isTold: boolean },
): RecordedRoles {
  if (isTold || !roles) return recorded;
  return { ...recorded, granted: Object.fromEntries(roles.map((role) => [role.name, permissionsOf(role)])) };
}

/** What is on record while the steps are done: nothing of the program's own is ever unknown, wherever it is cut off. */
export function recordedBefore(recorded: RecordedRoles, steps: RoleStep[]): RecordedRoles {
  const granted = { ...recorded.granted };
  for (const { name, kind, grants } of steps)
    if (kind !== "drop") granted[name] = [...new Set([...(granted[name] ?? []), ...grants])];
  return { ...recorded, granted };
}

/** What is on record once they are done. @param owed what could not be granted, in words */
export function recordedAfter(
  { roles, recorded, superusers }: Pick<RolesToPlan, "roles" | "recorded" | "superusers">,
  steps: RoleStep[],
  { run, owed }: { run: number; owed: string[] },
): RecordedRoles {
  const during = recordedBefore(recorded, steps).granted;
  const granted = roles.map((role) => {
    const wanted = permissionsOf(role);
    return [role.name, (during[role.name] ?? []).filter((permission) => wanted.includes(permission))] as const;
  });
  return { run, owed, granted: Object.fromEntries(granted.filter(([name]) => !superusers.includes(name))) };
}
