/**
 * Pulumi as a user of the lab has it: a home, a backend and a passphrase of the instance's own, plugins, and a `pulumi`
 * on PATH that keeps what it writes about a stack out of the repository.
 */
import { randomBytes } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cached, remembered } from "./cache";
import { Instance, repository, Settings } from "./instance";
import { say, step } from "./progress";
import { pulumiWrapper } from "./pulumiWrapper";
import { run } from "./run";
import { kubectl, kubernetesPlugin, officialKubernetesPlugin, pulumiCli } from "./toolchain";

/** Stack that commands act on when none is named. */
export const defaultStack = "minikube";

/** Where the copies of the stack files are. */
export const stackFolder = (instance: Instance) => instance.path("stacks");

/** A resource plugin in the version of its SDK. */
interface Plugin {
  name: string;
  version: string;
  /** Folder of the official one; undefined where it cannot be downloaded, and the lab's stand-in takes its place. */
  official?: string;
  /** Version of the plugin in use. A plugin that is built from its source is older than the SDK; the stand-in has the version of the SDK. */
  atWork: string;
}

/** What an instance's `pulumi` is made of. */
export interface PulumiPrograms {
  /** Path of the CLI. */
  cli: string;
  plugins: Plugin[];
}

/** Downloads or builds what is not in the cache. */
export async function pulumiPrograms({ officialPlugin = false }: Settings): Promise<PulumiPrograms> {
  const cli = await pulumiCli();
  const plugins = [plugin(cli, "kubernetes", officialPlugin), plugin(cli, "random")];
  return { cli, plugins: await Promise.all(plugins) };
}

/** @param isBuilt whether it is built from its source where it cannot be downloaded */
async function plugin(cli: string, name: string, isBuilt = false): Promise<Plugin> {
  const sdk = require.resolve(`@pulumi/${name}/package.json`, { paths: [repository] });
  const { version } = JSON.parse(readFileSync(sdk, "utf8")) as { version: string };
  const download = async () => {
    const entry = await cached(`pulumi-plugin-${name}`, [version, process.arch], async (dir) => {
      const env = { ...process.env, PULUMI_HOME: dir };
      await run(cli, ["plugin", "install", "resource", name, version], { env, timeout: 20_000 });
    });
    return join(entry, "plugins", pluginFolder({ name, version }));
  };
  const found = await remembered(`pulumi-plugin-${name}-${version}`, () =>
    step(`Pulumi plugin ${name} ${version}: download`, download).then(
      () => true,
      () => false,
    ),
  );
  if (!found && isBuilt) {
    say(
      `  Pulumi plugin ${name} ${version}: cannot be downloaded here, so ${officialKubernetesPlugin} is built from its source`,
    );
    return { name, version, official: await kubernetesPlugin(), atWork: officialKubernetesPlugin };
  }
  if (!found)
    say(`  Pulumi plugin ${name} ${version}: cannot be downloaded here, so the lab's stand-in takes its place`);
  return { name, version, official: found ? await download() : undefined, atWork: version };
}

const pluginFolder = ({ name, version }: Pick<Plugin, "name" | "version">) => `resource-${name}-v${version}`;

/** Variables that make `pulumi` and `kubectl` work on the instance, to be set beside those of the caller. */
export async function pulumiEnvironment(
  instance: Instance,
  { cli, plugins }: PulumiPrograms,
): Promise<Record<string, string>> {
  const bin = instance.path("bin");
  mkdirSync(bin, { recursive: true });
  link(await kubectl(), join(bin, "kubectl"));
  // Programs and plugins are started by the first `node` on PATH, which may be too old in a shell of the user's.
  link(process.execPath, join(bin, "node"));
  // Replaced as a whole: a shell that is running it reads on in the old one.
  writeFileSync(join(bin, "pulumi.new"), pulumiWrapper(cli, stackFolder(instance)), { mode: 0o755 });
  renameSync(join(bin, "pulumi.new"), join(bin, "pulumi"));

  const home = instance.path("pulumi", "home");
  const backend = instance.path("pulumi", "backend");
  for (const folder of [join(home, "plugins"), backend]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const plugin of plugins) linkPlugin(plugin, home);
  return {
    KUBECONFIG: instance.kubeconfig,
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: passphrase(instance),
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_STACK: defaultStack,
    ...(plugins.every(({ official }) => official) ? {} : { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" }),
  };
}

/** Puts a plugin where the engine looks for it: in a folder, since it does not follow a link to one. */
function linkPlugin(plugin: Plugin, home: string): void {
  const target = join(home, "plugins", pluginFolder(plugin));
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const program = `pulumi-resource-${plugin.name}`;
  link(join(plugin.official ?? join(repository, "lab/bin"), program), join(target, program));
}

/** Whether a stack's lock is held by engines that no longer run: killed ones, since an engine that ends gives it back. */
export function isInterrupted(instance: Instance, stack: string): boolean {
  const locks = instance.path("pulumi", "backend", ".pulumi", "locks", "organization", "cassandra", stack);
  if (!existsSync(locks)) return false;
  const holders = readdirSync(locks)
    .filter((file) => file.endsWith(".json"))
    .map((file) => (JSON.parse(readFileSync(join(locks, file), "utf8")) as { pid: number }).pid);
  return holders.length > 0 && holders.every((pid) => !existsSync(`/proc/${pid}`));
}

/** Encrypts the secrets of the instance's stacks; as old as the instance, and worth as much as its folder. */
function passphrase(instance: Instance): string {
  const file = instance.path("pulumi", "passphrase");
  if (!existsSync(file)) instance.write("pulumi/passphrase", randomBytes(24).toString("base64url"));
  return readFileSync(file, "utf8");
}

/** Makes a symbolic link, leaving a right one alone: an engine that is running may be about to follow it. */
function link(target: string, path: string): void {
  if (linkedTo(path) === target) return;
  rmSync(path, { recursive: true, force: true });
  symlinkSync(target, path);
}

function linkedTo(path: string): string | undefined {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ? readlinkSync(path) : undefined;
}
