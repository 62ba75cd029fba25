import { cp, readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { ImageConfig, writeArchive } from "./archive";
import { cached } from "./cache";
import { cassandraPrograms } from "./cassandraPrograms";
import { debianSystem } from "./debianSystem";
import { apart } from "./namespaces";
import { step } from "./progress";
import { run } from "./run";

const IMAGE = join(__dirname, "../image");
const FIVE_MINUTES = 300_000;

const ENVIRONMENT = [
  "PATH=/opt/cassandra/bin:/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  "JAVA_HOME=/opt/java/openjdk",
  "CASSANDRA_HOME=/opt/cassandra",
  "CASSANDRA_CONF=/etc/cassandra",
  "LANG=C.UTF-8",
];

const CONFIG: ImageConfig = {
  Entrypoint: ["docker-entrypoint.sh"],
  Cmd: ["cassandra", "-f"],
  Env: ENVIRONMENT,
  Volumes: { "/var/lib/cassandra": {} },
  ExposedPorts: { "7000/tcp": {}, "7001/tcp": {}, "7199/tcp": {}, "9042/tcp": {}, "9160/tcp": {} },
};

/**
 * The Cassandra image, built from package registries to the contract of the official one: on first use within two
 * minutes, with 800 MB in the cache.
 * @param name full name, such as docker.io/library/cassandra:5.0.9
 * @param version of cassandra-all in Maven Central
 * @returns path of the archive
 * @throws if a program is missing here, or a registry refuses
 */
export async function buildCassandraImage(name: string, version: string): Promise<string> {
  const system = await debianSystem();
  const programs = await cassandraPrograms(version);
  const sources = [await readFile(__filename), ...(await contents(IMAGE))];
  const inputs = [name, basename(join(system, "..")), basename(programs), ...sources];
  const dir = await cached("cassandra-image", inputs, (dir) =>
    step("assembling the Cassandra image", async () => {
      const root = join(dir, "root");
      await run("cp", ["--archive", system, root], { timeout: FIVE_MINUTES });
      await cp(programs, join(root, "opt/cassandra"), { recursive: true });
      await cp(join(IMAGE, "rootfs"), root, { recursive: true });
      await finish(root);
      for (const device of await readdir(join(root, "dev"))) await rm(join(root, "dev", device), { recursive: true });
      await writeArchive(join(dir, "image.tar"), name, root, CONFIG);
      await rm(root, { recursive: true });
    }),
  );
  return join(dir, "image.tar");
}

/** Runs `finish.sh` in the image's file system, without a network and with a host name of its own. */
async function finish(root: string): Promise<void> {
  const input = await readFile(join(IMAGE, "finish.sh"), "utf8");
  // Java asks for the mount that a file lies on, and finds none below a root that is none
  const enter = 'mount --bind "$0" "$0" && exec chroot "$0" env - "$@" sh';
  await apart(["--net", "--uts", "sh", "-c", enter, root, ...ENVIRONMENT], { input, timeout: FIVE_MINUTES });
}

/** The files under a folder, each by its path and what it holds. */
async function contents(dir: string): Promise<(string | Buffer)[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.sort().map(async (file) => [file.slice(dir.length), await readFile(file)]))).flat();
}
