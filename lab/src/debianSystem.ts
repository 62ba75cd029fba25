import { mkdir, readdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { Apt } from "./apt";
import { ARCHITECTURE } from "./archive";
import { cached } from "./cache";
import { apart } from "./namespaces";
import { onPath, unpacked } from "./packages";
import { step } from "./progress";

/** Debian release of the official Cassandra image; it has Java 17. */
const SUITE = "bookworm";
const PACKAGES = ["procps", "python3", "iproute2", "libjemalloc2", "numactl", "gosu"];
const JAVA = "openjdk-17-jre-headless";
const JVM = `usr/lib/jvm/java-17-openjdk-${ARCHITECTURE}`;

/** What no container needs: manuals, messages in other languages, package lists, what Java has for compilers. */
const SUPERFLUOUS = [
  ...["doc", "info", "lintian", "locale", "man"].map((folder) => `usr/share/${folder}`),
  ...["cache/apt", "cache/debconf", "lib/apt/lists", "log/bootstrap.log", "log/dpkg.log"].map((path) => `var/${path}`),
  ...["lib/ct.sym", "lib/server/classes_nocoops.jsa", "legal", "man"].map((path) => `${JVM}/${path}`),
];

/** A folder with the Debian system of the Cassandra image, Java included: made on first use, within a minute. */
export async function debianSystem(): Promise<string> {
  const dir = await cached("cassandra-debian", [ARCHITECTURE, await readFile(__filename)], (dir) =>
    step(`making a Debian ${SUITE} system for the Cassandra image`, async () => {
      const root = join(dir, "root");
      await bootstrap(root, await (await Apt.ofHost(join(dir, "host"))).debianMirror());
      // by itself: what the package asks for besides is for screens and printers, and an openssl that is not wanted
      await (await Apt.ofRoot(join(dir, "image"), root)).unpackAlone(JAVA, root);
      await mkdir(join(root, "opt/java"));
      await symlink(`/${JVM}`, join(root, "opt/java/openjdk"));
      for (const path of SUPERFLUOUS) await rm(join(root, path), { recursive: true, force: true });
      for (const path of await readdir(dir)) if (path !== "root") await rm(join(dir, path), { recursive: true });
    }),
  );
  return join(dir, "root");
}

async function bootstrap(root: string, mirror: string): Promise<void> {
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  if (!onPath("debootstrap")) {
    const tools = await unpacked(["debootstrap"]);
    env.PATH += `:${tools}/usr/sbin:${tools}/usr/bin`;
    env.DEBOOTSTRAP_DIR = join(tools, "usr/share/debootstrap");
  }
  const options = ["--variant=minbase", `--arch=${ARCHITECTURE}`, `--include=${PACKAGES.join()}`];
  await apart(["debootstrap", ...options, SUITE, root, mirror], { env, timeout: 15 * 60_000 });
}
