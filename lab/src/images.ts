/** The container images that the nodes get, as archives: nodes have no way to a container registry. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeArchive } from "./archive";
import { cached } from "./cache";
import { buildCassandraImage } from "./cassandraImage";
import { imageFromRegistry } from "./registry";
import { run } from "./run";

/** Newest patch of 5.0 in Maven Central. */
export const CASSANDRA_VERSION = "5.0.9";
export const CASSANDRA_IMAGE = `docker.io/library/cassandra:${CASSANDRA_VERSION}`;
/** The container that holds a pod's namespaces, for containerd's `sandbox_image`. */
export const PAUSE_IMAGE = "registry.local/pause:1";

const PAUSE = join(__dirname, "..", "tools", "pause");

export interface Image {
  /** Full name, under which pods ask for it. */
  name: string;
  /** File for `ctr -n k8s.io images import`. */
  archive: string;
  /** Whether it is the one from its registry, or was built on this machine. */
  source: "registry" | "built";
}

/** The images that every node gets, downloaded or built on first use; the cache keeps them. */
export async function images(): Promise<Image[]> {
  return [await pauseImage(), await cassandraImage()];
}

/** The official image where its registry answers; else one built to the same contract, under the same name. */
async function cassandraImage(): Promise<Image> {
  const name = CASSANDRA_IMAGE;
  const official = await imageFromRegistry(name);
  if (official) return { name, archive: official, source: "registry" };
  return { name, archive: await buildCassandraImage(name, CASSANDRA_VERSION), source: "built" };
}

async function pauseImage(): Promise<Image> {
  const sources = await Promise.all(["main.go", "go.mod"].map((file) => readFile(join(PAUSE, file))));
  const dir = await cached("pause-image", [PAUSE_IMAGE, process.arch, ...sources], async (dir) => {
    const root = join(dir, "root");
    await mkdir(root);
    const env = { ...process.env, CGO_ENABLED: "0" };
    const flags = ["-trimpath", "-ldflags=-s -w", "-o", join(root, "pause")];
    await run("go", ["build", ...flags, "."], { cwd: PAUSE, env, timeout: 300_000 });
    await writeArchive(join(dir, "image.tar"), PAUSE_IMAGE, root, { Entrypoint: ["/pause"] });
    await rm(root, { recursive: true });
  });
  return { name: PAUSE_IMAGE, archive: join(dir, "image.tar"), source: "built" };
}
