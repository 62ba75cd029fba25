/** Previews and updates of the default stack, on simulated nodes: what a user waits for who edits a line of it. */
import { cpSync } from "node:fs";
import path from "node:path";
import { repository } from "../lab/src/instance";
import { Lab } from "../lab/src/lab";
import { Comparison } from "./compare";
import { objectsOf, Peers } from "./peers";

const stack = "minikube";
const limit = "one ConfigMap, same plugin";

/** Seconds that something takes. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

/** The programs that are compared, each with its objects in the cluster. */
interface Scene {
  lab: Lab;
  /** Runs a command on the stack of this program, and on that of the one with a single ConfigMap. */
  own: (...args: string[]) => Promise<string>;
  one: (...args: string[]) => Promise<string>;
}

async function sceneIn(lab: Lab): Promise<Scene> {
  const program = path.join(lab.dir, "one");
  cpSync(path.join(repository, "bench/programs/configMap"), program, { recursive: true });
  await lab.ensureStack(stack);
  await lab.pulumi(["-C", program, "stack", "select", "--create", "one", "--non-interactive"]);
  return {
    lab,
    own: (...args) => lab.pulumi([...args, "--stack", stack, "--non-interactive"]),
    one: (...args) => lab.pulumi(["-C", program, ...args, "--stack", "one", "--non-interactive"]),
  };
}

const upArgs = ["up", "--yes", "--skip-preview"];
const downArgs = ["destroy", "--yes", "--skip-preview"];

/** @param scratch folder for what is written */
export async function updateComparisons(lab: Lab, scratch: string): Promise<Comparison[]> {
  const { own, one } = await sceneIn(lab);
  await own(...upArgs);
  await one(...upArgs);
  const peers = await Peers.of(lab, await objectsOf(lab, stack), scratch);
  /** Brings the objects up by one of them, with none of another there. */
  const afresh = (up: () => Promise<unknown>, down: () => Promise<unknown>) => async () => {
    const taken = await seconds(up);
    await down();
    return taken;
  };
  const common = { unit: "s", runs: 5, limit } as const;
  return [
    {
      ...common,
      id: "preview",
      title: "pulumi preview, nothing to do",
      goal: 1.3,
      before: peers.install,
      contenders: [
        { name: "this program", run: () => seconds(() => own("preview")) },
        { name: limit, run: () => seconds(() => one("preview")) },
        { name: "kubectl diff --server-side", run: () => seconds(() => peers.diff()) },
        { name: "helm upgrade --dry-run=server", run: () => seconds(peers.upgradeDryRun) },
        { name: "cdk8s synth and kubectl diff", run: () => seconds(() => peers.synth()) },
      ],
    },
    {
      ...common,
      id: "no-op",
      title: "pulumi up, nothing to do",
      contenders: [
        { name: "this program", run: () => seconds(() => own(...upArgs)) },
        { name: limit, run: () => seconds(() => one(...upArgs)) },
        { name: "kubectl apply --server-side", run: () => seconds(peers.apply) },
        { name: "helm upgrade", run: () => seconds(peers.upgrade) },
      ],
    },
    {
      ...common,
      id: "fresh",
      title: "from nothing to all objects, pods on simulated nodes ready",
      limit: "kubectl apply --server-side",
      // Only one of them at a time may have these objects.
      before: async () => {
        await peers.uninstall();
        await own(...downArgs);
      },
      contenders: [
        {
          name: "this program",
          run: afresh(
            () => own(...upArgs),
            () => own(...downArgs),
          ),
        },
        { name: "kubectl apply --server-side", run: afresh(peers.apply, peers.delete) },
        { name: "helm install", run: afresh(peers.install, peers.uninstall) },
      ],
    },
  ];
}
