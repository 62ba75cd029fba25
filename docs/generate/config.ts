import { Key } from "../../config/keys";
import { commonKeys, objectKeys, topologies, Topology, topologyKeys } from "../../config/schema";
import { code, page, table } from "./markdown";

const headings = ["Key", "Default", "Unit", "Allowed", "Meaning"];

export const configPage = () =>
  page(
    "Config",
    "config/schema.ts",
    "Keys of the stack's config. In a stack file (`Pulumi.<stack>.yaml`) each key begins with the project's name, as `cassandra:replicas: 5`; " +
      "`pulumi config set replicas 5` writes the same. An unknown key and a value that is not allowed are refused by `pulumi preview`, " +
      "before anything changes.",
    "## Keys of the whole stack",
    table(headings, rowsOf("", { ...commonKeys, ...objectKeys })),
    ...topologies.map(topologySection),
  );

function topologySection(topology: Topology): string {
  const { overrides, own } = topologyKeys[topology] as { overrides: string[]; own: Record<string, Key> };
  const anyKey = Object.keys(own)[0];
  return [
    `## Keys of \`${topology}\``,
    `The object \`${topology}\` holds these, as \`cassandra:${topology}: {${anyKey}: …}\`. In that object, these keys of the whole stack have ` +
      `another value for \`${topology}\` alone: ${overrides.map(code).join(", ")}.`,
    table(headings, rowsOf(`${topology}.`, own)),
  ].join("\n\n");
}

function rowsOf(prefix: string, keys: Record<string, Key>): string[][] {
  return Object.entries(keys).map(([name, key]) => {
    const value = typeof key.default === "string" ? key.default : JSON.stringify(key.default);
    return [code(prefix + name), code(value), key.unit, key.allowed, key.meaning];
  });
}
