import { Key } from "../../../config/keys";
import { commonKeys, objectKeys, topologies, topologyKeys } from "../../../config/schema";

/** Every key, also of the topologies' objects, by the name that messages use. */
export const allKeys: Record<string, Key> = {
  ...commonKeys,
  ...objectKeys,
  ...Object.fromEntries(
    topologies.flatMap((topology) =>
      Object.entries(topologyKeys[topology].own as Record<string, Key>).map(([name, key]) => [
        `${topology}.${name}`,
        key,
      ]),
    ),
  ),
};
