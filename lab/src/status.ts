/** `npm run lab -- status`. */
import { clusterProcesses } from "./cluster";
import { Lab } from "./lab";
import { findNetwork } from "./network";
import { runningProcesses } from "./processes";

/** Prints a table of parts and nodes. @returns whether the lab is up: all its processes run and all nodes are Ready */
export async function printStatus(lab: Lab): Promise<boolean> {
  const { instance } = lab;
  const settings = instance.settings;
  if (!settings) {
    console.log(`The lab "${instance.name}" does not exist: ${instance.upCommand}`);
    return false;
  }
  const running = runningProcesses(instance);
  const network = await findNetwork(instance);
  const rows = clusterProcesses(settings).map((name) => [name, running.includes(name) ? "running" : "not running"]);
  console.log(`Lab "${instance.name}" in ${instance.dir}, at ${network?.controlPlane ?? "no address"}\n`);
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, state] of rows) console.log(`${name.padEnd(width)}  ${state}`);
  if (rows.some(([, state]) => state !== "running")) {
    console.log(`\nThe lab is not up: ${instance.upCommand}`);
    return false;
  }
  const nodes = await lab.kubectl(["get", "nodes", "-L", "topology.kubernetes.io/zone"]);
  console.log(`\n${nodes}`);
  return !/NotReady/.test(nodes);
}
