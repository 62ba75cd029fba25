import type { Permission } from "./roles";

/** What a role becomes. Left out is what stays as it is. */
export interface RoleOptions {
  password?: string;
  login?: boolean;
  superuser?: boolean;
}

/** @returns "" where every option stays as it is */
export function alterRole(name: string, options: RoleOptions): string {
  const text = optionsOf(options);
  return text && `ALTER ROLE "${name}" WITH ${text};`;
}

/** A role that was made meanwhile stays as it is, and the next look finds it. */
export const createRole = (name: string, options: RoleOptions) =>
  `CREATE ROLE IF NOT EXISTS "${name}" WITH ${optionsOf(options)};`;

export const dropRole = (name: string) => `DROP ROLE IF EXISTS "${name}";`;

export const grantTo = (name: string, permission: Permission) => `GRANT ${onResource(permission)} TO "${name}";`;
export const revokeFrom = (name: string, permission: Permission) => `REVOKE ${onResource(permission)} FROM "${name}";`;

function optionsOf({ password, login, superuser }: RoleOptions): string {
  return [
    // The form of passwords allows no quote.
    ...(password === undefined ? [] : [`PASSWORD = '${password}'`]),
    ...(login === undefined ? [] : [`LOGIN = ${login}`]),
    ...(superuser === undefined ? [] : [`SUPERUSER = ${superuser}`]),
  ].join(" AND ");
}

function onResource(permission: Permission): string {
  const [word, resource] = permission.split(" ");
  const [, keyspace, table] = resource.split("/");
  if (keyspace === undefined) return `${word} ON ALL KEYSPACES`;
  return table === undefined ? `${word} ON KEYSPACE "${keyspace}"` : `${word} ON TABLE "${keyspace}"."${table}"`;
}
