import { mebibytes, quantity } from "../kubernetes/quantity";
import { nodeSelectorOf } from "../objects/racks";
import type { Misfit, Told } from "./misfits";
import { mustBe } from "./refusal";

/** A heap that leaves Cassandra no memory outside of it. */
export function heapMisfits({ maxHeapMiB, memory }: Told, allowed: (name: keyof Told) => string): Misfit[] {
  if (!maxHeapMiB || !memory || maxHeapMiB < mebibytes(memory)) return [];
  const circumstance = `while memory is ${memory}`;
  return [
    { told: "maxHeapMiB", others: ["memory"], value: maxHeapMiB, circumstance, rule: mustBe(allowed("maxHeapMiB")) },
  ];
}

/** CPU, and labels of nodes that racks select by. */
export function placementMisfits(
  { cpu, cpuLimit, nodeSelector = {}, racks = [], rackNodeSelectors = {} }: Told,
  allowed: (name: keyof Told) => string,
): Misfit[] {
  const found: Misfit[] = [];
  if (cpu && cpuLimit && quantity(cpuLimit)! < quantity(cpu)!) {
    const rule = mustBe(allowed("cpuLimit"));
    found.push({ told: "cpuLimit", others: ["cpu"], value: cpuLimit, circumstance: `while cpu is ${cpu}`, rule });
  }
  const circumstance = racks.length === 0 ? "without racks" : `with the racks ${racks.join(", ")}`;
  const ofRacks = racks.flatMap((rack) => Object.keys(nodeSelectorOf(rack, rackNodeSelectors)));
  const twice = Object.keys(nodeSelector).find((label) => ofRacks.includes(label));
  if (twice !== undefined) {
    const rule = `must leave out ${twice}`;
    const reason = "each rack selects its nodes by it";
    found.push({
      told: "nodeSelector",
      others: ["racks", "rackNodeSelectors"],
      value: nodeSelector,
      circumstance,
      rule,
      reason,
    });
  }
  const stranger = Object.keys(rackNodeSelectors).find((rack) => !racks.includes(rack));
  if (stranger !== undefined) {
    const rule = `must leave out ${stranger}`;
    const reason = "it is none of the racks";
    found.push({ told: "rackNodeSelectors", others: ["racks"], value: rackNodeSelectors, circumstance, rule, reason });
  }
  return found;
}

/** What the SCC restricted-v2 admits in no pod: preview would end well, and no pod would ever be made. */
export function securityMisfits({ podSecurity, hostPath, lockMemory }: Told): Misfit[] {
  if (podSecurity !== "openshift") return [];
  const refusal = { circumstance: "while podSecurity is openshift", rule: "needs podSecurity: restricted" };
  const refuse = (told: "hostPath" | "lockMemory", value: unknown, what: string): Misfit => {
    const reason = `the SCC restricted-v2 admits no pod with ${what}`;
    return { told, others: ["podSecurity"], value, ...refusal, reason };
  };
  return [
    ...(hostPath ? [refuse("hostPath", hostPath, "a folder of its node (hostPath)")] : []),
    ...(lockMemory ? [refuse("lockMemory", lockMemory, "the capability IPC_LOCK")] : []),
  ];
}
