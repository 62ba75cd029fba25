import { createHash } from "node:crypto";
import { shapes } from "../args/shapes";
import type { Role } from "../cassandra/roles";
import type { KubeContext } from "../kubernetes/kubeconfig";
import { decoded, readRequiredSecret, type RequiredSecret } from "./requiredSecrets";

/** The Secret with a role's name and password that somebody else makes. */
export function roleSecret({ name, secretName }: Role): RequiredSecret {
  const { is, allowed } = shapes.superuserPassword;
  const problem = ({ username, password }: Record<string, string>) => {
    if (decoded(username) !== name) return `its username is not ${name}`;
    return is(decoded(password)) ? undefined : "its password is not allowed";
  };
  return { key: "roles", secretName, files: ["username", "password"], form: `${name} and ${allowed}`, problem };
}

/** Passwords of roles, by their names. @returns never, if a Secret is missing or wrong: the update fails */
export async function readPasswords(
  roles: Role[],
  namespace: string,
  cluster: KubeContext | undefined,
): Promise<Record<string, string>> {
  const all = roles.map(async (role) => {
    const { password } = await readRequiredSecret(roleSecret(role), namespace, cluster);
    return [role.name, decoded(password)] as const;
  });
  return Object.fromEntries(await Promise.all(all));
}

/** What the state remembers of each password. Roles of one password have different digests. */
export function digestsOf(passwords: Record<string, string>, ring: string, namespace: string): Record<string, string> {
  const digest = (role: string) =>
    createHash("sha256").update([namespace, ring, role, passwords[role]].join("/")).digest("hex");
  return Object.fromEntries(Object.keys(passwords).map((role) => [role, digest(role)]));
}
