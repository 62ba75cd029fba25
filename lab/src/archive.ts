import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run";

/** The part of an image's configuration that a container runtime reads, in the format's own words. */
export interface ImageConfig {
  Entrypoint?: string[];
  Cmd?: string[];
  /** `NAME=value` */
  Env?: string[];
  /** Path to an empty object */
  Volumes?: Record<string, object>;
  /** `9042/tcp` to an empty object */
  ExposedPorts?: Record<string, object>;
}

/** This machine's architecture as container images and Debian name it. */
export const ARCHITECTURE = process.arch === "x64" ? "amd64" : process.arch;

/**
 * Writes an image in the format of `docker save`, which `ctr images import`, `docker load` and `minikube image load`
 * read. Its one layer is `root`, with the owners, modes and times that the files have: a class-data archive is valid
 * only for jars of the same time. The layer is not compressed: each node imports it, and unpacking would cost more
 * than the disk that is saved.
 * @param archive the file to write; `<archive>.parts` is used on the way
 * @param name the full name, such as docker.io/library/cassandra:5.0.9
 */
export async function writeArchive(archive: string, name: string, root: string, config: ImageConfig): Promise<void> {
  const parts = `${archive}.parts`;
  await mkdir(parts);
  const layer = join(parts, "layer");
  await tar(layer, root, ["."]);
  const digest = await sha256(layer);
  await rename(layer, join(parts, `${digest}.tar`));
  const image = JSON.stringify({
    architecture: ARCHITECTURE,
    os: "linux",
    created: new Date(0).toISOString(),
    config,
    rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] },
    history: [{ created: new Date(0).toISOString() }],
  });
  const id = createHash("sha256").update(image).digest("hex");
  await writeFile(join(parts, `${id}.json`), image);
  const manifest = [{ Config: `${id}.json`, RepoTags: [name], Layers: [`${digest}.tar`] }];
  await writeFile(join(parts, "manifest.json"), JSON.stringify(manifest));
  await tar(archive, parts, ["manifest.json", `${id}.json`, `${digest}.tar`]);
  await rm(parts, { recursive: true });
}

async function tar(file: string, dir: string, members: string[]): Promise<void> {
  const plain = ["--numeric-owner", "--sort=name"];
  await run("tar", ["--create", "--file", file, "--directory", dir, ...plain, ...members], { timeout: 300_000 });
}

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
