/**
 * `npm start`: a ring from nothing. Brings up the lab (or uses the cluster that `--context` names), runs `pulumi up` on a stack,
 * loads the sample employees, and shows the ring. Run again, it changes nothing and ends with the same picture.
 */
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { repository } from "./instance";
import { say, step } from "./progress";
import { Ring, StackOutputs } from "./ring";
import { run } from "./run";
import { labTarget, Target, userCluster } from "./target";

const usage = `usage: npm start -- [--stack NAME] [--set KEY=VALUE ...] [--context NAME]
  --stack NAME      stack to bring up, from Pulumi.NAME.yaml (default: minikube)
  --set KEY=VALUE   stack config to set first; it is remembered
  --name NAME       which lab, of several (default: main)
  --context NAME    kube context of a cluster of yours, instead of the lab; with your own Pulumi backend and passphrase`;

/** Runs a plain pulumi command in sight of the reader: the command first, then what it prints as it prints it. */
async function pulumi(target: Target, stack: string, args: string[]): Promise<void> {
  const reads = ["up", "refresh", "config"].includes(args[0]) && !target.findsStackFiles;
  const all = [...args, "--stack", stack, ...(reads ? target.stackFiles.option(stack) : [])];
  say(`\n$ pulumi ${all.join(" ")}`);
  const child = spawn("pulumi", all, { cwd: repository, env: target.env, stdio: "inherit" });
  // Ctrl-C reaches the engine as well, which ends in good order; this program waits for that.
  const wait = () => undefined;
  process.on("SIGINT", wait);
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("exit", resolve));
  process.off("SIGINT", wait);
  if (code !== 0)
    throw new Error(`pulumi ${args[0]} failed: fix what the lines above name, then run the same command again`);
}

/**
 * Goes on after a run that was killed: the engine left its lock behind, and perhaps objects that its state does not hold.
 * Does what Pulumi tells its user to do then; the objects in question are taken over, since this very stack was making them.
 */
async function recover(target: Target, stack: string): Promise<void> {
  await pulumi(target, stack, ["cancel", "--yes"]);
  await pulumi(target, stack, ["refresh", "--yes", "--skip-preview", "--clear-pending-creates"]);
  const env = { ...target.env, PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true" };
  await pulumi({ ...target, env }, stack, ["up", "--yes", "--skip-preview"]);
}

async function outputs(target: Target, stack: string): Promise<StackOutputs> {
  const text = await run("pulumi", ["stack", "output", "--json", "--stack", stack], {
    cwd: repository,
    env: target.env,
  });
  return JSON.parse(text) as StackOutputs;
}

/** Prints a ring: its members, and the employees as each of them reads them. */
async function show(ring: Ring): Promise<void> {
  const pods = await ring.pods();
  const exec = `kubectl exec -n ${ring.namespace}`;
  say(`\n$ ${exec} ${pods[0]} -- nodetool status`);
  process.stdout.write(await ring.nodetool(pods[0], "status"));
  for (const pod of pods) {
    say(`$ ${exec} ${pod} -- ${ring.cqlsh} -e "SELECT * FROM my_cassandra_keyspace.employee"`);
    process.stdout.write(await ring.readEmployees(pod));
  }
}

function next(namespace: string, context: string | undefined): string {
  const start = context ? `npm start -- --context ${context}` : "npm start --";
  const lines = [
    ...(context ? [] : [['eval "$(npm run -s lab -- env)"', "a shell in which plain pulumi and kubectl work"]]),
    [`${start} --set replicas=4`, "one member more"],
    ["pulumi preview", "what the next edit of the stack file would do"],
    [`kubectl get pods -n ${namespace} -l app=cassandra`, "look"],
    context
      ? ["pulumi destroy", "take the ring down; its volumes stay"]
      : ["npm run lab -- down", "take the lab down; its disks stay until `down --delete`"],
  ];
  const width = Math.max(...lines.map(([command]) => command.length));
  return `\nWhat to type next:\n${lines.map(([command, why]) => `  ${command.padEnd(width)}  ${why}\n`).join("")}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stack: { type: "string", default: "minikube" },
      set: { type: "string", multiple: true, default: [] },
      context: { type: "string" },
      name: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return say(usage);
  const { stack, context } = values;
  const settings = values.set.map((setting) => {
    const [, key, value] = /^([^=]+)=(.*)$/.exec(setting) ?? [];
    if (!key) throw new Error(`--set ${setting}: expected KEY=VALUE\n${usage}`);
    return [key, value];
  });

  const target = context ? await userCluster(context) : await labTarget(values.name);
  await target.stackFiles.ensure(stack, target.env);
  for (const [key, value] of settings) await pulumi(target, stack, ["config", "set", key, value]);
  if (target.isInterrupted(stack)) await recover(target, stack);
  else await pulumi(target, stack, ["up", "--yes", "--skip-preview"]);

  const kubectl = (args: string[], input?: string) => run("kubectl", args, { env: target.env, input });
  const told = await outputs(target, stack);
  const rings = Ring.of(kubectl, told);
  for (const ring of rings) {
    await step(`loading the sample employees into ring ${ring.name}`, () => ring.loadEmployees());
  }
  await pulumi(target, stack, ["stack"]);
  for (const ring of rings) await show(ring);
  process.stdout.write(next(told.namespace, context));
}

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
