import { apart, overlap, sameDisk } from "../components/args/folders";
import { adoptionMisfits } from "../components/args/adoptionMisfits";
import { Misfit, misfits, Told } from "../components/args/misfits";
import { Refusal } from "../components/args/refusal";
import { Key } from "./keys";
import { Problems } from "./messages";
import { objectNames } from "./objectNames";
import { CommonConfig, ParsedConfig, TopologyConfig } from "./parseConfig";
import { fullKey } from "./rawConfig";
import { commonKeys, Topology, topologyKeys } from "./schema";

/** Checks that no key can make by itself. They look only at values that are right by themselves. */
export function checkAcrossKeys(config: ParsedConfig, problems: Problems): void {
  checkReplicas(config, problems);
  checkAdoptedPod(config, problems);
  checkAdoption(config, problems);
  for (const topology of config.chosen) checkTopology(topology, config, problems);
  checkProtection(config, problems);
  checkPassword(config, problems);
  checkPersistent(config, problems);
  checkDisks(config, problems);
  checkNames(config, problems);
  checkObjectNames(config, problems);
}

/** A count is refused where no topology of the stack has one. */
function checkReplicas({ chosen, values, given }: ParsedConfig, problems: Problems): void {
  if (chosen.length === 0 || chosen.some((topology) => "replicas" in values[topology]) || !given.replicas) return;
  const why = chosen.map((topology) => `${topology} ${topology === "pod" ? "is one member" : "has one for each node"}`);
  const refusal = { circumstance: `while ${why.join(" and ")}`, rule: "must be left out" };
  problems.add("replicas", given.replicas, commonKeys.replicas, refusal);
}

/** The ephemeral ring cannot adopt a pod that the stack goes on making. */
function checkAdoptedPod({ chosen, values }: ParsedConfig, problems: Problems): void {
  if (!values.ephemeral.adoptPod || !chosen.includes("pod")) return;
  problems.add("ephemeral.adoptPod", "true", topologyKeys.ephemeral.own.adoptPod, {
    circumstance: "while topologies holds pod",
    rule: "needs topologies without pod",
    reason: "the ring takes the pod over, and the stack no longer makes it",
  });
}

/** A ring of the tutorials has one StatefulSet, whose labels and protection rule out some config of other rings. */
function checkAdoption({ chosen, values, objects, common }: ParsedConfig, problems: Problems): void {
  if (!chosen.includes("persistent")) return;
  const table: Record<string, Key> = topologyKeys.persistent.own;
  const own = objects.persistent;
  if (!values.persistent.adopt) {
    const refusal = { circumstance: "of a ring that is not adopted", rule: "needs persistent.adopt: true" };
    for (const name of ["podTemplate", "rack", "numTokens"].filter((name) => name in own))
      problems.add(`persistent.${name}`, own[name], table[name], refusal);
    return;
  }
  const { racks, auth, tls, podTemplate, memberService, metrics } = values.persistent;
  const others = chosen.filter((topology) => topology !== "persistent" && topology !== "cockroachdb").join(", ");
  const refuse = (refusal: Refusal) => problems.add("persistent.adopt", "true", table.adopt, refusal);
  if (others !== "")
    refuse({
      circumstance: `beside ${others}`,
      rule: `needs another namespace for ${others}`,
      reason: `an adopted ring finds its pods by app=cassandra, a label that pods of ${others} have too`,
    });
  if (common.createNamespace)
    refuse({
      circumstance: "with createNamespace",
      rule: "needs createNamespace: false",
      reason: "the namespace of an adopted ring exists",
    });
  const told = { podTemplate, racks, auth, tls, memberService, metrics };
  for (const refusal of adoptionMisfits(told)) refuse(refusal);
}

/** Keys whose values components know by another name. */
const keyOf = (told: keyof Told) => (told === "maxHeapMiB" ? "maxHeap" : told);

/** What does not fit together within one topology: the checks that its component makes as well. */
function checkTopology(topology: Topology, config: ParsedConfig, problems: Problems): void {
  const { values, objects, given, common } = config;
  for (const misfit of misfitsOf(topology, values[topology], common)) {
    const [name, others] = [keyOf(misfit.told), misfit.others.map(keyOf)];
    const isOwn = [name, ...others].some((one) => one in objects[topology]) || name in topologyKeys[topology].own;
    const raw = name === "maxHeap" ? (objects[topology].maxHeap ?? given.maxHeap) : misfit.value;
    problems.addMisfit(`${isOwn ? `${topology}.` : ""}${name}`, {
      ...misfit,
      ...("value" in misfit && { value: raw }),
    });
  }
}

function misfitsOf(topology: Topology, values: TopologyConfig, { storage }: CommonConfig): Misfit[] {
  const { localVolumes, cassandraYaml, jvmOptions, image, maxHeap, ...others } = values;
  const told: Told = {
    ...others,
    maxHeapMiB: maxHeap,
    ...(storage === "local" && { localVolumes }),
    // CockroachDB's image is no image of Cassandra, and it has none of Cassandra's own keys.
    ...(topology !== "cockroachdb" && image && { image, cassandraYaml, jvmOptions }),
  };
  const application = topology === "cockroachdb" ? topology : "cassandra";
  const keys = { ...commonKeys, name: topologyKeys[topology].own.name, hostPath: topologyKeys.daemon.own.hostPath };
  return misfits(told, application, (name) => keys[keyOf(name)].allowed);
}

/** Keys that have no effect unless another key has one of these values: whoever sets such a key would rely on something missing. */
const needs: {
  name:
    | "superuser"
    | "superuserPassword"
    | "superuserSecret"
    | "roles"
    | "tlsSecret"
    | "tlsIssuer"
    | "clusterDomain"
    | "clientCertificates"
    | "metricsFrom"
    | "metricsLabels";
  other: "auth" | "tls" | "metrics";
  words: string[];
}[] = [
  { name: "superuser", other: "auth", words: ["password"] },
  { name: "superuserPassword", other: "auth", words: ["password"] },
  { name: "superuserSecret", other: "auth", words: ["password"] },
  { name: "roles", other: "auth", words: ["password"] },
  { name: "tlsSecret", other: "tls", words: ["secret", "cert-manager"] },
  { name: "tlsIssuer", other: "tls", words: ["cert-manager"] },
  { name: "clusterDomain", other: "tls", words: ["cert-manager"] },
  { name: "clientCertificates", other: "tls", words: ["secret", "cert-manager"] },
  { name: "metricsFrom", other: "metrics", words: ["annotations", "podMonitor"] },
  { name: "metricsLabels", other: "metrics", words: ["podMonitor"] },
];

function checkProtection({ chosen, values, objects, given }: ParsedConfig, problems: Problems): void {
  const rings = chosen.filter((topology) => topology !== "cockroachdb");
  for (const { name, other, words } of needs) {
    const idle = rings.filter((topology) => values[topology][other] && !words.includes(values[topology][other]));
    const refuse = (label: string, raw: unknown, topology: Topology) => {
      const isEmpty = raw instanceof Object && Object.keys(raw).length === 0;
      if (raw === undefined || raw === commonKeys[name].default || isEmpty) return;
      const circumstance = `while ${other} is ${values[topology][other]}`;
      problems.add(label, raw, commonKeys[name], { circumstance, rule: `needs ${other}: ${words.join(" or ")}` });
    };
    for (const topology of idle) refuse(`${topology}.${name}`, objects[topology][name], topology);
    if (rings.length > 0 && idle.length === rings.length) refuse(name, given[name], idle[0]);
  }
}

/** A superuser has one password. */
function checkPassword({ chosen, values, objects }: ParsedConfig, problems: Problems): void {
  for (const topology of chosen.filter((one) => values[one].superuserPassword && values[one].superuserSecret)) {
    const label = "superuserSecret" in objects[topology] ? `${topology}.superuserSecret` : "superuserSecret";
    const refusal = { circumstance: `beside ${fullKey("superuserPassword")}`, rule: "must be left out" };
    problems.add(label, values[topology].superuserSecret, commonKeys.superuserSecret, refusal);
  }
}

/** Keys of the persistent topology alone, and why other topologies cannot have them where that is no matter of course. */
const ofPersistent = {
  racks: undefined,
  rackNodeSelectors: undefined,
  memberService: "members of other topologies have no lasting names, by which a Service could lead to one of them",
};

/** These keys are refused where the stack runs no persistent topology. */
function checkPersistent({ chosen, common, given }: ParsedConfig, problems: Problems): void {
  if (chosen.includes("persistent")) return;
  const refusal = { circumstance: `for ${chosen.join(", ")}`, rule: "needs topology persistent" };
  for (const [key, reason] of Object.entries(ofPersistent) as [keyof typeof ofPersistent, string | undefined][])
    if (Object.keys(common[key] ?? {}).length > 0)
      problems.add(key, given[key], commonKeys[key], { ...refusal, reason });
}

/** Disks of one topology that are disks of another one as well. What is wrong within one is a misfit. */
function checkDisks({ chosen, values, objects, common }: ParsedConfig, problems: Problems): void {
  const disksOf = (topology: Topology) => (common.storage === "local" && values[topology].localVolumes) || [];
  const { hostPath } = values.daemon;
  for (const [i, topology] of chosen.entries()) {
    const label = "localVolumes" in objects[topology] ? `${topology}.localVolumes` : "localVolumes";
    const before = chosen.slice(0, i).flatMap((other) => disksOf(other).map((disk) => ({ ...disk, other })));
    for (const disk of disksOf(topology)) {
      const twin = before.find((one) => sameDisk(disk, [one]));
      const circumstance = `beside ${twin?.path} of ${twin?.other} on the same node`;
      if (twin) problems.add(label, disk, commonKeys.localVolumes, { circumstance, ...apart });
      if (!hostPath || !chosen.includes("daemon") || !overlap(disk.path, hostPath)) continue;
      const besideDisk = { circumstance: `beside ${disk.path} of ${topology} on ${disk.node}`, ...apart };
      problems.add("daemon.hostPath", hostPath, topologyKeys.daemon.own.hostPath, besideDisk);
    }
  }
}

/** Two rings of one name would own the same objects, or take each other's members for their own. */
function checkNames({ chosen, values }: ParsedConfig, problems: Problems): void {
  for (const what of ["name", "clusterName"] as const) {
    for (const [i, topology] of chosen.entries()) {
      const value = values[topology][what];
      const twin = chosen.slice(0, i).find((other) => value !== undefined && values[other][what] === value);
      const key: Key = what === "name" ? topologyKeys[topology].own.name : commonKeys.clusterName;
      if (twin) problems.add(`${topology}.${what}`, value, key, { rule: `must differ from the ${what} of ${twin}` });
    }
  }
}

/** Rings of different names own the same objects where one name is the other one with what an object's name ends with. */
function checkObjectNames({ chosen, values }: ParsedConfig, problems: Problems): void {
  for (const [i, topology] of chosen.entries()) {
    const { name } = values[topology];
    const own = objectNames(topology, values[topology]);
    for (const other of chosen.slice(0, i)) {
      if (values[other].name === name) continue;
      const theirs = objectNames(other, values[other]);
      const twice = own.find((object) => theirs.includes(object));
      if (!twice) continue;
      problems.add(`${topology}.name`, name, topologyKeys[topology].own.name, {
        circumstance: `beside ${fullKey(`${other}.name`)} "${values[other].name}"`,
        rule: "must be another name",
        reason: `the rings would both have ${twice}`,
      });
    }
  }
}
