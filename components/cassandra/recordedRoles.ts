import { type Permission, permissionForm } from "./roles";

/** Key of the ring record with the roles of the stack. The pods leave it alone. */
export const rolesKey = "roles";

/**
 * What the ring record remembers of the roles that `pulumi up` has made: it outlives the state, as the roles do. It is written before the
 * ring is changed, and again afterwards, so that the next update knows its own roles from others after a cut.
 */
export interface RecordedRoles {
  /** When an update last found another ring than the one before had left, in milliseconds since 1970; the state has the number as well. */
  run: number;
  /** What could not be granted, in words. */
  owed: string[];
  /** What the program has granted each of its roles. */
  granted: Record<string, Permission[]>;
}

const roleForm = /^[a-z][a-z0-9_]{0,47}$/;

/**
 * @param value of the key; undefined where there is none
 * @throws {Error} if somebody else has written it: its words become parts of statements
 */
export function parseRecordedRoles(value: string | undefined): RecordedRoles {
  if (!value?.trim()) return { run: 0, owed: [], granted: {} };
  const found = parsed(value);
  if (found !== undefined) return found;
  throw new Error(
    `key ${rolesKey} of the ring record holds what no \`pulumi up\` writes: ${value.slice(0, 60)}. Take the key away; roles that it named ` +
      "then need `adopt: true`",
  );
}

function parsed(value: string): RecordedRoles | undefined {
  try {
    const { run, owed, granted } = JSON.parse(value) as RecordedRoles;
    const isRight =
      Number.isSafeInteger(run) &&
      owed.every((line) => typeof line === "string") &&
      Object.entries(granted).every(
        ([name, all]) => roleForm.test(name) && all.every((permission) => permissionForm.test(permission)),
      );
    return isRight ? { run, owed, granted } : undefined;
  } catch {
    return undefined;
  }
}
