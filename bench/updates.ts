/** Previews and updates of the default stack, on simulated nodes: what a user waits for who edits a line of it. */
import { cpSync } from "node:fs";
import path from "node:path";
import { repository } from "../lab/src/instance";
import { Lab } from "../lab/src/lab";
import { Comparison, seconds } from "./compare";
import { objectsOf, Peers } from "./peers";

const stack = "minikube";
const limit = "one ConfigMap, same plugin";

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
  const timed = (name: string, work: () => Promise<unknown>) => ({
    name,
    run: async () => ({ time: await seconds(work) }),
  });
  /** Brings the objects up by one of them, with none of another there. */
  const afresh = (name: string, up: () => Promise<unknown>, down: () => Promise<unknown>) => ({
    name,
    run: async () => {
      const time = await seconds(up);
      await down();
      return { time };
    },
  });
  const plain = "kubectl apply --server-side";
  // Where official plugins cannot be downloaded, the lab keeps the engine from trying again.
  const isStandIn = lab.variables.PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION === "true";
  const plugin = isStandIn ? "the lab's stand-in plugin" : "the official plugin";
  return [
    {
      name: "preview",
      runs: 5,
      measures: { time: { title: `pulumi preview, nothing to do, with ${plugin}`, unit: "s", limit, goal: 1.3 } },
      before: peers.install,
      contenders: [
        timed("this program", () => own("preview")),
        timed(limit, () => one("preview")),
        timed("kubectl diff --server-side", () => peers.diff()),
        timed("helm upgrade --dry-run=server", peers.upgradeDryRun),
        timed("cdk8s synth and kubectl diff", () => peers.synth()),
      ],
    },
    {
      name: "no-op",
      runs: 5,
      measures: { time: { title: `pulumi up, nothing to do, with ${plugin}`, unit: "s", limit } },
      contenders: [
        timed("this program", () => own(...upArgs)),
        timed(limit, () => one(...upArgs)),
        timed(plain, peers.apply),
        timed("helm upgrade", peers.upgrade),
      ],
    },
    {
      name: "fresh",
      runs: 5,
      measures: {
        time: {
          title: `From nothing to all objects accepted, on simulated nodes, with ${plugin}`,
          unit: "s",
          limit: plain,
        },
      },
      // Only one of them at a time may have these objects.
      before: async () => {
        await peers.uninstall();
        await own(...downArgs);
      },
      contenders: [
        afresh(
          "this program, which waits for the pods as well",
          () => own(...upArgs),
          () => own(...downArgs),
        ),
        afresh(plain, peers.apply, peers.delete),
        afresh("the same, and kubectl rollout status", peers.applyAndWait, peers.delete),
        afresh("helm install", peers.install, peers.uninstall),
      ],
    },
  ];
}
