import { type Permission, resourceOf, type Role } from "../cassandra/roles";
import type { RoleStep } from "./rolesPlan";

/** What a step does, a sentence for each thing: in preview of what will be done, in an update of what was done. */
export function describeRoleStep(step: RoleStep, { secretName }: Pick<Role, "secretName">): string[] {
  const { name, kind, password, superuser, login, grants, revokes } = step;
  const lines: string[] = [];
  if (kind === "drop")
    lines.push(`role ${name} is dropped: nobody logs in as it any more, and its sessions lose all permissions`);
  if (kind === "create") lines.push(`role ${name} is created${superuser ? " as a superuser" : ""}`);
  if (kind === "adopt")
    lines.push(
      `role ${name}, which others have made, is taken over: new sessions need the password of Secret ${secretName}`,
    );
  if (password === "changes")
    lines.push(`the password of ${name} changes: sessions go on, new ones need the new password`);
  if (password === "anew") lines.push(`the password of ${name} is set to that of Secret ${secretName}`);
  if (kind !== "create" && superuser !== undefined)
    lines.push(superuser ? `role ${name} becomes a superuser` : `role ${name} is no superuser any more`);
  if (login) lines.push(`role ${name} may log in`);
  if (grants.length > 0) lines.push(`${name} is granted ${inWords(grants)}`);
  if (revokes.length > 0) lines.push(`${inWords(revokes)} is revoked from ${name}`);
  return lines;
}

/** What is owed to a role, a line for each resource that does not exist. */
export function describeOwed({ name, owed }: RoleStep): string[] {
  return byResource(owed).map(
    ([resource, words]) =>
      `${name} cannot be granted ${words.join(", ")} on ${titleOf(resource)}, which does not exist: create it, then run \`pulumi up\` again`,
  );
}

/** `SELECT, MODIFY on keyspace shop and SELECT on table crm.people`. */
function inWords(permissions: Permission[]): string {
  return byResource(permissions)
    .map(([resource, words]) => `${words.join(", ")} on ${titleOf(resource)}`)
    .join(" and ");
}

function byResource(permissions: Permission[]): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const permission of permissions) {
    const resource = resourceOf(permission);
    found.set(resource, [...(found.get(resource) ?? []), permission.split(" ")[0]]);
  }
  return [...found];
}

function titleOf(resource: string): string {
  const [, keyspace, table] = resource.split("/");
  if (keyspace === undefined) return "all keyspaces";
  return table === undefined ? `keyspace ${keyspace}` : `table ${keyspace}.${table}`;
}
