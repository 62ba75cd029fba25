import { type Role, rolesType } from "../components/cassandra/roles";
import type { Rule } from "./rules";

/** Says which roles of a ring may do everything; policies/index.ts makes the check. */
export const fewSuperusers: Omit<Rule, "check"> = {
  name: "few-superusers",
  description: "No role of a Cassandra ring may do everything, besides its superuser.",
  enforcementLevel: "advisory",
};

/** A line for each role that may do everything. @param type of a resource */
export function superuserRoles(type: string, props: { roles?: Role[] }): string[] {
  if (type !== rolesType) return [];
  return (props.roles ?? [])
    .filter(({ superuser }) => superuser)
    .map(({ name }) => `role ${name} is a superuser; grant it what it needs on its own keyspaces`);
}
