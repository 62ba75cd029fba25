import {
  type Grant,
  keyspaceName,
  permissionsOnKeyspaces,
  permissionsOnTables,
  type Role,
  tableName,
} from "../cassandra/roles";
import type { Misfit, Told } from "./misfits";
import { mustBe, type Refusal } from "./refusal";
import { shapes } from "./shapes";

/** What is wrong with the roles of a ring, each named by its own name, or by its place in the list where that is no name. */
export function roleMisfits({ roles = [], superuser }: Pick<Told, "roles" | "superuser">): Misfit[] {
  return roles.flatMap((role, i) => {
    const isNamed = shapes.superuser.is(role.name);
    const where = isNamed ? role.name : String(i);
    const refuse = (part: string, value: unknown, refusal: Refusal, others: Misfit["others"] = []): Misfit[] => [
      { told: "roles", part, others, value, ...refusal },
    ];
    const { name, secretName } = role;
    const ofName = `${where}.name`;
    const isTwice = roles.slice(0, i).some((other) => other.name === name);
    return [
      ...(isNamed ? [] : refuse(ofName, name, { rule: mustBe(shapes.superuser.allowed) })),
      ...(isNamed && isTwice ? refuse(ofName, name, { rule: mustBe("a name that no other role has") }) : []),
      ...(isNamed && name === superuser
        ? refuse(ofName, name, { rule: mustBe("another name than that of the superuser") }, ["superuser"])
        : []),
      ...(shapes.superuserSecret.is(secretName)
        ? []
        : refuse(`${where}.secretName`, secretName, { rule: mustBe(shapes.superuserSecret.allowed) })),
      ...grantMisfits(role).map(({ part, ...rest }) => ({
        told: "roles" as const,
        others: [],
        part: `${where}.grants.${part}`,
        ...rest,
      })),
    ];
  });
}

type GrantMisfit = Refusal & { part: string; value: unknown };

function grantMisfits({ grants = [] }: Role): GrantMisfit[] {
  return grants.flatMap((grant, i) => {
    const { keyspace, table } = grant;
    const refuse = (part: string, value: unknown, refusal: Refusal) => [{ part: `${i}.${part}`, value, ...refusal }];
    return [
      ...permissionMisfits(grant, refuse),
      ...(keyspace === undefined || keyspaceName.test(keyspace)
        ? []
        : refuse("keyspace", keyspace, { rule: mustBe("a name of at most 48 letters, digits and underscores") })),
      ...(table === undefined || tableName.test(table)
        ? []
        : refuse("table", table, { rule: mustBe("a name of at most 222 letters, digits and underscores") })),
      ...(table !== undefined && keyspace === undefined
        ? refuse("table", table, { rule: "needs keyspace", reason: "a table is one of a keyspace" })
        : []),
    ];
  });
}

function permissionMisfits(
  { permissions, table }: Grant,
  refuse: (part: string, value: unknown, refusal: Refusal) => GrantMisfit[],
): GrantMisfit[] {
  const allowed = table === undefined ? permissionsOnKeyspaces : permissionsOnTables;
  const circumstance = table === undefined ? undefined : "on a table";
  const rule = mustBe(`one of ${allowed.join(", ")}`);
  if (permissions.length === 0) return refuse("permissions", permissions, { circumstance, rule });
  return permissions
    .filter((word) => !allowed.includes(word))
    .flatMap((word) => {
      const upper = word.toUpperCase();
      const reason = allowed.includes(upper) ? `did you mean ${upper}?` : undefined;
      return refuse("permissions", word, { circumstance, rule, reason });
    });
}
