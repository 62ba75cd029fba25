import { type Role, rolesType } from "../components/cassandra/roles";
import type { Rule } from "./rules";

/** Says which roles of a ring may do everything; policies/index.ts makes the check. */
export const fewSuperusers: Omit<Rule, "check"> = {
  name: "few-superusers",
  description: "No role of a Cassandra ring may do everything, besides its superuser.",
  enforcementLevel: "advisory",
};

/** With these on all keyspaces, a role gives itself whatever it lacks: the keyspace of roles is one of them. */
const asGood = ["MODIFY", "AUTHORIZE"];

/** A line for each role that may do everything. @param type of a resource */
export function superuserRoles(type: string, props: { roles?: Role[] }): string[] {
  if (type !== rolesType) return [];
  return (props.roles ?? []).flatMap(({ name, superuser, grants = [] }) => {
    const needed = "grant it what it needs on its own keyspaces";
    if (superuser) return [`role ${name} is a superuser; ${needed}`];
    const onAll = grants.filter(({ keyspace }) => keyspace === undefined || keyspace === "system_auth");
    const words = asGood.filter((word) => onAll.some(({ permissions }) => permissions.includes(word)));
    if (words.length === 0) return [];
    return [
      `role ${name} may make itself a superuser by ${words.join(", ")} on all keyspaces, or on system_auth; ${needed}`,
    ];
  });
}
