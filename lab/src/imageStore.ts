import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { cached } from "./cache";
import { containerdVersion, withContainerd } from "./containerd";
import { Image } from "./images";
import { step } from "./progress";
import { run } from "./run";

/**
 * Fills the folder that a node's containerd is going to use as its `root` with images, in the place of an import, which
 * takes a node ten seconds: the images are imported once into the cache and linked from there. Linked files are never
 * written to by containerd; its two databases are, and are copied. So the nodes also share the memory of mapped files.
 * @param root must not exist
 */
export async function fillContainerd(root: string, images: Image[]): Promise<void> {
  const entries = images.map(({ archive }) => basename(dirname(archive)));
  const store = await cached("containerd-store", [await containerdVersion(), ...entries], (dir) =>
    step("importing the images into containerd", () =>
      withContainerd(
        async (ctr) => {
          for (const { archive } of images) await ctr(["--namespace", "k8s.io", "images", "import", archive], 300_000);
        },
        join(dir, "root"),
      ),
    ),
  );
  await link(join(store, "root"), root);
  for (const path of await readdir(root, { recursive: true })) {
    if (path.endsWith(".db")) await run("cp", ["--remove-destination", join(store, "root", path), join(root, path)]);
  }
}

/** Hard links where both lie on one file system, else copies. */
async function link(from: string, to: string): Promise<void> {
  try {
    await run("cp", ["--archive", "--link", from, to], { timeout: 300_000 });
  } catch {
    await rm(to, { recursive: true, force: true });
    await run("cp", ["--archive", from, to], { timeout: 300_000 });
  }
}
