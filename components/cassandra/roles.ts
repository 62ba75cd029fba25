import { jsonRows } from "./cqlSession";

/** Type token of the resource that holds the roles of a ring. */
export const rolesType = "cassandra:index:Roles";

/** A role of a ring whose clients log in, besides its superuser. */
export interface Role {
  /** A lower-case letter, then lower-case letters, digits and underscores, at most 48; neither `cassandra` nor the superuser. */
  name: string;
  /**
   * Name of a Secret of the namespace that somebody else makes, with the keys of type `kubernetes.io/basic-auth`: `username`, the role's name,
   * and `password`. Each update reads it anew.
   */
  secretName: string;
  /** Whether the role may do everything. @default false */
  superuser?: boolean;
  /** Whether a role of that name that others have made is taken over, with what they granted it. @default false: it is refused */
  adopt?: boolean;
  /** What the role may do. @default nothing but log in */
  grants?: Grant[];
}

/** Permissions on data. */
export interface Grant {
  /** Any of CREATE, ALTER, DROP, SELECT, MODIFY and AUTHORIZE; CREATE on no table. */
  permissions: string[];
  /** Keyspace, as Cassandra stores its name: in lower case, unless it was made with quotes. @default all keyspaces */
  keyspace?: string;
  /** Table of that keyspace. @default the keyspace with all of its tables */
  table?: string;
}

/** Permissions on a keyspace, and on all keyspaces. */
export const permissionsOnKeyspaces = ["CREATE", "ALTER", "DROP", "SELECT", "MODIFY", "AUTHORIZE"];
export const permissionsOnTables = permissionsOnKeyspaces.filter((permission) => permission !== "CREATE");

/** Names that Cassandra takes without a quote in them; each is written into CQL in quotes. */
export const keyspaceName = /^\w{1,48}$/;
export const tableName = /^\w{1,222}$/;

/** One permission on one resource, the latter as Cassandra's own tables name it: `SELECT data/shop/orders`, `MODIFY data`. */
export type Permission = string;
export const permissionForm = /^[A-Z]+ data(\/\w+){0,2}$/;

/** All that a role is to be granted, each permission once. */
export function permissionsOf({ grants = [] }: Role): Permission[] {
  const all = grants.flatMap(({ permissions, keyspace, table }) =>
    permissions.map((permission) => `${permission} ${["data", keyspace, table].filter(Boolean).join("/")}`),
  );
  return [...new Set(all)];
}

/** The resource of a permission: `data/shop/orders`. */
export const resourceOf = (permission: Permission) => permission.split(" ")[1];

/** What a ring holds of roles, their permissions and what can be granted. */
export interface RingRoles {
  roles: Record<string, { isSuperuser: boolean; canLogin: boolean }>;
  /** By role. */
  permissions: Record<string, Permission[]>;
  /** Keyspaces, and the tables that were asked for. `data`, all keyspaces, is always there. */
  resources: string[];
}

/**
 * Statements that read it. Roles are read from a quorum, since a member that was down while a role changed still has the former one.
 * @param roles whose tables are looked for
 */
export function roleQueries(roles: Role[]): string {
  const tables = roles.flatMap(({ grants = [] }) => grants.filter(({ table }) => table !== undefined));
  const keyspaces = [...new Set(tables.map(({ keyspace }) => `'${keyspace}'`))];
  return [
    "CONSISTENCY LOCAL_QUORUM;",
    "SELECT JSON role, is_superuser, can_login FROM system_auth.roles;",
    "SELECT JSON role, resource, permissions FROM system_auth.role_permissions;",
    "CONSISTENCY LOCAL_ONE;",
    "SELECT JSON keyspace_name FROM system_schema.keyspaces;",
    ...(keyspaces.length > 0
      ? [
          `SELECT JSON keyspace_name, table_name FROM system_schema.tables WHERE keyspace_name IN (${keyspaces.join(", ")});`,
        ]
      : []),
  ].join("\n");
}

interface Row {
  role?: string;
  is_superuser?: boolean | null;
  can_login?: boolean | null;
  resource?: string;
  permissions?: string[] | null;
  keyspace_name?: string;
  table_name?: string;
}

/** @param output of cqlsh for `roleQueries` @throws {Error} if it shows no role at all: every ring has its superuser */
export function parseRingRoles(output: string): RingRoles {
  const found: RingRoles = { roles: {}, permissions: {}, resources: ["data"] };
  for (const row of jsonRows<Row>(output)) {
    if (row.resource !== undefined)
      (found.permissions[row.role!] ??= []).push(...(row.permissions ?? []).map((one) => `${one} ${row.resource}`));
    else if (row.role !== undefined)
      found.roles[row.role] = { isSuperuser: row.is_superuser === true, canLogin: row.can_login === true };
    else found.resources.push(["data", row.keyspace_name, row.table_name].filter(Boolean).join("/"));
  }
  if (Object.keys(found.roles).length === 0) throw new Error("cqlsh shows no role of the ring");
  return found;
}
