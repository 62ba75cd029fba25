import { ringSnapshotOf } from "../components/operations/ringSnapshots";
import { checkAcrossKeys } from "./checks";
import { argsOf, ComponentArgs } from "./componentArgs";
import { Problems } from "./messages";
import { parseConfig } from "./parseConfig";
import { providerConfig } from "./provider";
import { refuseKeysOfAnotherProject } from "./projectName";
import { warnOfPlainSecrets } from "./rawConfig";
import { StackConfig } from "./stackConfig";

export type { StackConfig } from "./stackConfig";

/**
 * Reads and checks the stack's config. Nothing else in the program reads config.
 * @throws {pulumi.RunError} naming every key that is wrong, its value and what is allowed, a line for each
 */
export function readConfig(): StackConfig {
  refuseKeysOfAnotherProject();
  const problems = new Problems();
  const parsed = parseConfig(problems);
  warnOfPlainSecrets(parsed.given, parsed.objects);
  checkAcrossKeys(parsed, problems);
  problems.throwIfAny();

  const { chosen, values, common } = parsed;
  const { storage, namespace, createNamespace, acceptDataLoss } = common;
  const rings = chosen.map((topology) => [topology, argsOf[topology](values[topology], common)] as const);
  const facts = rings.map(([topology, ring]) => [topology, ringSnapshotOf(topology, { ...ring, namespace })]);
  return {
    storage,
    namespace,
    createNamespace,
    acceptDataLoss,
    // Of the Pod Security Standards, only "privileged" allows folders of nodes and the capability IPC_LOCK.
    enforcedStandard: chosen.some((topology) => values[topology].hostPath || values[topology].lockMemory)
      ? "privileged"
      : "restricted",
    storageClassName: common.storageClassName || (storage === "existing" ? "" : `${namespace}-cassandra`),
    ...providerConfig(),
    facts: Object.fromEntries(facts) as StackConfig["facts"],
    ...(Object.fromEntries(rings) as ComponentArgs),
  };
}
