/** What a review must not show, by its name and by its looks: nobody need have said that it is a secret. */
import { Key } from "../config/keys";
import { commonKeys } from "../config/schema";
import { masked } from "./events";
import { brief, parsed } from "./fields";

/** How names of secrets end: `keystore_password`, `ADMIN_TOKEN`. `num_tokens` is a number of them. */
const words =
  "(?:passwords?|passwd|passphrases?|(?<!num[_-]?)tokens?|secrets?|kubeconfigs?|credentials?|(?:private|api|access)[_-]?keys?)";
const secretName = new RegExp(`${words}$`, "i");
/** `-Dcom.example.password=x` and `password: x`. */
const assignment = new RegExp(`${words}["']?\\s*[:=]\\s*["']?[^\\s"',}]`, "i");
/** `--password`, whose value is the argument after it. */
const flag = new RegExp(`^--?[\\w.-]*${words}$`, "i");

/** Fields of a Secret's name, and of how it is mounted. */
const references =
  /^(name|namespace|key|optional|secretName|path|mode|defaultMode|audience|expirationSeconds|apiVersion|kind)$/;
/** Lists of Kubernetes whose items have names that are chosen freely. */
const lists = /^((initC|ephemeralC|c)ontainers|volume(s|Mounts|Devices)|imagePullSecrets|secrets)$/;

/** The table of config knows its keys better: `superuserSecret` is the name of a Secret. */
const isSecretName = (name: string) =>
  name in commonKeys ? (commonKeys as Record<string, Key>)[name].isSecret === true : secretName.test(name);

/** Whether the last of the names on the way to a value is one of a secret, or one before it that is a name of the same kind. */
function isNamedSecret(names: string[]): boolean {
  const own = names.at(-1)!;
  if (isSecretName(own)) return true;
  if (references.test(own)) return false;
  return names.some((name, i) => isSecretName(name) && !lists.test(name) && !lists.test(names[i - 1] ?? ""));
}

const looks = [
  /-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----/,
  // A kubeconfig in YAML, whole or cut out of another text.
  /^[\s-]*["']?(users|clusters)["']?\s*:/m,
  // JSON Web Token.
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/,
  // An address with a password in it.
  /:\/\/[^\s/:@]*:[^\s/@]+@/,
];

/** What a text is in base64; undefined where it is none. */
export function decoded(text: string): string | undefined {
  const bytes = Buffer.from(text, "base64");
  const plain = bytes.toString("utf8");
  return text && bytes.toString("base64") === text && Buffer.from(plain).equals(bytes) ? plain : undefined;
}

/** Of a long text, only its beginning is ever shown, and what assigns a password further on is not. */
const looksSecret = (text: string) =>
  looks.some((look) => look.test(text) || look.test(decoded(text.replace(/\s/g, "")) ?? "")) ||
  assignment.test(brief(text));

const isKubeconfig = (value: object) => ["users", "clusters"].some((key) => Array.isArray((value as never)[key]));

/** A value with each secret in it masked, and each list that has one. @param path as differences tell it */
export const withoutSecrets = (path: string, value: unknown): unknown => hide(path.split(/[.:]/), value);

function hide(names: string[], given: unknown): unknown {
  const value = parsed(given);
  if (Array.isArray(value)) {
    const items = value.map((item: { name?: unknown } | string | null, i) => {
      if (typeof value[i - 1] === "string" && flag.test(value[i - 1] as string)) return masked;
      const name = typeof item === "object" && typeof item?.name === "string" ? [item.name] : [];
      return hide([...names, ...name], item);
    });
    // Arguments beside a secret may tell of it.
    return items.includes(masked) ? masked : items;
  }
  if (typeof value === "object" && value !== null) {
    if (isKubeconfig(value)) return masked;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hide([...names, name], item)]));
  }
  // What is or is not so is no secret, nor is what nobody has set.
  if (value === undefined || value === null || /^(|true|false)$/.test(`${value as string}`)) return given;
  return isNamedSecret(names) || looksSecret(`${value as string}`) ? masked : given;
}
