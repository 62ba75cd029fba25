/**
 * The programs that the lab runs: Go modules pinned by `lab/tools/<name>/go.mod` and `go.sum`, built once into the
 * cache, and packages of Debian. What the host has in a suitable version is used instead of being built.
 */
import { accessSync, constants, readdirSync, readFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { version as pulumiVersion } from "@pulumi/pulumi/package.json";
import { engines } from "../../package.json";
import { cached, remembered } from "./cache";
import { hasKwokNodes, repository, Settings } from "./instance";
import { debianTools } from "./packages";
import { step } from "./progress";
import { run } from "./run";

/** Programs of the cluster. */
export interface Programs {
  /** Environment of the lab's processes: PATH that finds them, and where those of Debian find their libraries. */
  env: NodeJS.ProcessEnv;
  /** Folder of the CNI plugins; undefined where nodes are simulated. */
  cniBin?: string;
  /** File of KWOK's Stage objects; undefined where nodes are real. */
  stages?: string;
  /** File of cert-manager's resource definitions; undefined where it is not wanted. */
  certificateKinds?: string;
}

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** The module that gives each its version. CoreDNS and kube-router are built with Kubernetes, whose packages they are mostly made of. */
const modules = {
  actionlint: "github.com/rhysd/actionlint",
  pulumi: "github.com/pulumi/pulumi/pkg/v3",
  kubernetes: "k8s.io/kubernetes",
  helm: "helm.sh/helm/v3",
  kwok: "sigs.k8s.io/kwok",
  "kube-score": "github.com/zegl/kube-score",
  "cert-manager": "github.com/cert-manager/cert-manager",
  "pulumi-kubernetes": "github.com/pulumi/pulumi-kubernetes/provider/v4",
};
type Tool = keyof typeof modules;

/**
 * Says everything at once that this machine lacks.
 * @throws when something is missing
 */
export function checkHost(): void {
  const linux = process.platform === "linux";
  const packages = ["flock", "ip", "mount", "nsenter", "openssl", "unshare"].filter((name) => !onPath(name).length);
  const missing = [
    ...(linux ? [] : [`Linux (this is ${process.platform})`]),
    ...(linux && process.getuid?.() !== 0 ? ["root (the lab makes network namespaces and control groups)"] : []),
    ...(isOlder(process.versions.node, oldestNode) ? [`Node.js ${oldestNode} (this is ${process.version})`] : []),
    ...(onPath("apt-get").length ? [] : ["Debian's package manager (apt-get), for containerd, runc and etcd"]),
    ...(onPath("go").length ? [] : ["Go, to build Kubernetes and Pulumi (go 1.21 or later)"]),
    ...(packages.length ? [`the programs ${packages.join(", ")}`] : []),
  ];
  if (missing.length === 0) return;
  throw new Error(
    `The lab cannot run here. Missing:\n${missing.map((line) => `  - ${line}\n`).join("")}` +
      "To use a cluster that you have instead: npm start -- --context minikube",
  );
}

/** Programs of a cluster with real nodes, simulated ones, or both. */
export async function clusterPrograms(settings: Settings): Promise<Programs> {
  const kubernetes = await build("kubernetes");
  const packages = await debianTools();
  const kwok = hasKwokNodes(settings) ? await build("kwok") : undefined;
  const certManager = settings.certManager ? await build("cert-manager") : undefined;
  return {
    env: {
      HOME: process.env.HOME,
      PATH: [kubernetes, kwok, certManager, systemPath, ...packages.path].filter(Boolean).join(":"),
      LD_LIBRARY_PATH: packages.libraryPath.join(":"),
      ...(packages.extensions && { XTABLES_LIBDIR: packages.extensions }),
    },
    cniBin: settings.simulated ? undefined : packages.cniBin,
    stages: kwok && join(kwok, "stages.yaml"),
    certificateKinds: certManager && join(certManager, "crds.yaml"),
  };
}

/** Path of a `kubectl` within one minor version of the lab's API server: the user's own, or the one built with it. */
export async function kubectl(): Promise<string> {
  const server = minor(pinnedVersion("kubernetes"));
  for (const path of onPath("kubectl")) {
    const answer = await run(path, ["version", "--client", "--output=json"]).catch(() => "{}");
    const { clientVersion } = JSON.parse(answer) as { clientVersion?: { gitVersion: string } };
    if (Math.abs(minor(clientVersion?.gitVersion ?? "") - server) <= 1) return path;
  }
  return join(await build("kubernetes"), "kubectl");
}

/** Version of the official plugin's module: Go gives a revision that has no version of its own a long name. */
export const officialKubernetesPlugin = "4.25.0";

/** Folder of the official plugin, built from its source. */
export function kubernetesPlugin(): Promise<string> {
  return build("pulumi-kubernetes");
}

/** Path of `actionlint`, which looks for mistakes in workflows of GitHub's. */
export async function actionlint(): Promise<string> {
  return join(await build("actionlint"), "actionlint");
}

/** Path of `helm`, which the bench compares with. */
export async function helm(): Promise<string> {
  return join(await build("helm"), "helm");
}

/** Path of `kube-score`, a scanner of manifests. */
export async function kubeScore(): Promise<string> {
  return join(await build("kube-score"), "kube-score");
}

/** Path of the Pulumi CLI in the version of the SDK: the user's own, a downloaded one, or one that is built. */
export async function pulumiCli(): Promise<string> {
  for (const path of onPath("pulumi")) {
    if (!onPath("pulumi-language-nodejs", dirname(path)).length) continue;
    if ((await run(path, ["version"]).catch(() => "")).trim() === `v${pulumiVersion}`) return path;
  }
  const downloaded = await remembered(`pulumi-${pulumiVersion}`, () =>
    step(`Pulumi CLI ${pulumiVersion}: download`, downloadPulumi).then(
      () => true,
      () => false,
    ),
  );
  return downloaded ? downloadPulumi() : join(await build("pulumi"), "pulumi");
}

/** As the `pulumi` package of npm does it, by the SDK's own installer. A machine without internet fails at once. */
async function downloadPulumi(): Promise<string> {
  const install = 'require("@pulumi/pulumi/automation").PulumiCommand.install({ root: process.argv[1] })';
  const entry = await cached("pulumi-download", [pulumiVersion, process.arch], async (dir) => {
    await run("timeout", ["300", process.execPath, "-e", install, dir], { cwd: repository, timeout: 310_000 });
  });
  return join(entry, "bin", "pulumi");
}

/** Folder of the programs that the `tool` lines of a go.mod name. */
async function build(tool: Tool): Promise<string> {
  const folder = join(repository, "lab", "tools", tool);
  const pins = ["go.mod", "go.sum"].map((file) => readFileSync(join(folder, file)));
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".go"));
  const own = [
    ...sources.map((file) => readFileSync(join(folder, file))),
    ...(tool === "pulumi" ? [languageHost] : []),
  ];
  const inputs = [...pins, process.arch, versionFlags(tool), ...own];
  return cached(`tools-${tool}`, inputs, (dir) =>
    step(`${tool} ${pinnedVersion(tool)}: build`, async () => {
      const env = { ...process.env, GOBIN: dir, CGO_ENABLED: "0", GOFLAGS: "", GOWORK: "off" };
      // Debugging information is not made first and dropped then.
      const options = ["-trimpath", "-gcflags=all=-dwarf=false", "-ldflags", `-s -w ${versionFlags(tool)}`];
      await run("go", ["install", ...options, "tool"], { cwd: folder, env, timeout: 3_600_000 });
      if (tool === "kwok") await copyStages(folder, join(dir, "stages.yaml"));
      if (tool === "cert-manager") await copyKinds(folder, join(dir, "crds.yaml"));
      if (tool === "pulumi") await writeFile(join(dir, "pulumi-language-nodejs"), languageHost, { mode: 0o755 });
    }),
  );
}

/**
 * The engine looks for a language host beside itself and warns at each command when it finds one elsewhere. The built
 * engine is shared by all clones, each with a language host of its own, which the lab's `pulumi` names in a variable.
 */
const languageHost = '#!/bin/sh\nexec "$CASSANDRA_LAB_LANGUAGE_HOST" "$@"\n';

/** How each program is told its own version, which its clients ask for. */
function versionFlags(tool: Tool): string {
  const version = pinnedVersion(tool);
  const [major, minor] = version.slice(1).split(".");
  const base = "k8s.io/component-base/version.git";
  return {
    pulumi: `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`,
    kubernetes: `-X ${base}Version=${version} -X ${base}Major=${major} -X ${base}Minor=${minor}`,
    helm: "",
    kwok: `-X sigs.k8s.io/kwok/pkg/consts.Version=${version}`,
    actionlint: "",
    "kube-score": "",
    "cert-manager": "",
    "pulumi-kubernetes": `-X main.version=${officialKubernetesPlugin}`,
  }[tool];
}

/** Version of a tool's module, such as `v1.34.3`. */
export function pinnedVersion(tool: Tool): string {
  const file = readFileSync(join(repository, "lab", "tools", tool, "go.mod"), "utf8");
  const line = file.split("\n").find((line) => line.includes(`${modules[tool]} v`) && !line.includes("=>"));
  if (!line) throw new Error(`lab/tools/${tool}/go.mod does not require ${modules[tool]}.`);
  return line
    .trim()
    .replace(/^require /, "")
    .split(" ")[1];
}

/** KWOK does nothing without Stage objects; its module carries those that make nodes and pods ready within seconds. */
async function copyStages(folder: string, target: string): Promise<void> {
  const stages = join(await moduleFolder("kwok", folder), "kustomize", "stage");
  const folders = ["node/fast", "node/heartbeat-with-lease", "pod/fast"].map((stage) => join(stages, stage));
  await copyYaml(folders, target);
}

/** Definitions of cert-manager's kinds. */
async function copyKinds(folder: string, target: string): Promise<void> {
  await copyYaml([join(await moduleFolder("cert-manager", folder), "deploy", "crds")], target);
}

/** Where Go keeps the source of a tool's module. */
async function moduleFolder(tool: Tool, folder: string): Promise<string> {
  return (await run("go", ["list", "-m", "-f", "{{.Dir}}", modules[tool]], { cwd: folder })).trim();
}

/** All YAML files of some folders as one. */
async function copyYaml(folders: string[], target: string): Promise<void> {
  const documents: string[] = [];
  for (const folder of folders) {
    const files = (await readdir(folder)).filter((file) => file.endsWith(".yaml") && file !== "kustomization.yaml");
    for (const file of files) documents.push(await readFile(join(folder, file), "utf8"));
  }
  await writeFile(target, documents.join("\n---\n"));
}

/** Programs of a name on PATH; the lab's own links, which `npm run lab -- env` puts there, are not the user's. */
function onPath(name: string, folders = process.env.PATH ?? ""): string[] {
  const own = `${sep}.lab${sep}`;
  return folders.split(":").flatMap((folder) => {
    try {
      if (`${folder}${sep}`.includes(own)) return [];
      accessSync(join(folder, name), constants.X_OK);
      return [join(folder, name)];
    } catch {
      return [];
    }
  });
}

/** Lowest version of Node.js that the program runs on. `npm ci` brings a newer one, unless it leaves out optional dependencies. */
const oldestNode = engines.node.replace(">=", "");

/** Whether a version comes before another one of the same form. */
function isOlder(version: string, other: string): boolean {
  return version.localeCompare(other, "en", { numeric: true }) < 0;
}

function minor(version: string): number {
  return Number(version.split(".")[1]);
}
