/**
 * Debian packages, downloaded and unpacked into folders of the lab: nothing is installed, and apt's and dpkg's own
 * state, caches and locks on this machine stay as they are.
 */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run";

/** Apt with its lists and downloads in a folder of its own. */
export class Apt {
  private constructor(
    private readonly dir: string,
    private readonly settings: string,
  ) {}

  /** With this machine's sources and what it has installed; `dir` is an empty folder that apt may fill. */
  static async ofHost(dir: string): Promise<Apt> {
    const apt = await Apt.open(dir, { State: join(dir, "state"), "State::status": "/var/lib/dpkg/status" });
    await mkdir(join(dir, "state/lists/partial"), { recursive: true });
    await apt.get(["update"]);
    return apt;
  }

  /** With the sources and lists of a Debian system that lies in the folder `root`, as debootstrap leaves one. */
  static ofRoot(dir: string, root: string): Promise<Apt> {
    const status = join(root, "var/lib/dpkg/status");
    return Apt.open(dir, { State: join(root, "var/lib/apt"), "State::status": status, Etc: join(root, "etc/apt") });
  }

  private static async open(dir: string, folders: Record<string, string>): Promise<Apt> {
    const settings = join(dir, "apt.conf");
    await mkdir(join(dir, "cache/archives/partial"), { recursive: true });
    const lines = [
      // container images have hooks here that empty the machine's apt cache
      "#clear APT::Update;",
      ...Object.entries({ ...folders, Cache: join(dir, "cache") }).map(([key, path]) => `Dir::${key} "${path}";`),
      // every folder written to is the lab's own and guarded by the cache's lock
      'Debug::NoLocking "true";',
      'APT::Sandbox::User "root";',
      'APT::Install-Recommends "false";',
      'Acquire::Languages "none";',
      'Acquire::Retries "2";',
      'Acquire::http::Timeout "20";',
      'Acquire::https::Timeout "20";',
    ];
    await writeFile(settings, `${lines.join("\n")}\n`);
    return new Apt(dir, settings);
  }

  /** Unpacks packages, with what they need and this machine lacks, into one folder. */
  async unpackWithDependencies(packages: string[], into: string): Promise<void> {
    await this.get(["install", "--download-only", "--yes", ...packages]);
    await this.unpack(join(this.dir, "cache/archives"), into);
  }

  /** Unpacks one package, alone, into a folder. */
  async unpackAlone(name: string, into: string): Promise<void> {
    const alone = join(this.dir, name);
    await mkdir(alone, { recursive: true });
    await this.get(["download", name], alone);
    await this.unpack(alone, into);
  }

  /** Address of the Debian mirror that this machine's sources name. */
  async debianMirror(): Promise<string> {
    const format = ["--format", "$(ORIGIN) $(COMPONENT) $(CODENAME) $(SITE)", "Created-By: Packages"];
    const targets = await this.get(["indextargets", ...format]);
    const mirror = /^Debian main [a-z]+ (\S+)$/m.exec(targets)?.[1];
    if (mirror) return mirror;
    throw new Error(
      "Apt's sources name no Debian mirror to build the Cassandra image from. Add one, or use a cluster that you " +
        "have: `npm start -- --context minikube`.",
    );
  }

  private async unpack(archives: string, into: string): Promise<void> {
    await mkdir(into, { recursive: true });
    const debs = (await readdir(archives)).filter((file) => file.endsWith(".deb"));
    for (const deb of debs) await run("dpkg-deb", ["--extract", join(archives, deb), into]);
  }

  private get(args: string[], cwd?: string): Promise<string> {
    return run("apt-get", ["--config-file", this.settings, "--quiet", ...args], { cwd, timeout: 600_000 });
  }
}
