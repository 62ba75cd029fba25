/** Official images from a container registry, where one can be reached. */
import { join } from "node:path";
import { ARCHITECTURE } from "./archive";
import { cached, fingerprint, remembered } from "./cache";
import { withContainerd } from "./containerd";
import { say, step } from "./progress";

/** For the registry's first answer. A registry that needs longer is taken for one that cannot be reached. */
const ANSWER = 20_000;
const DOWNLOAD = 15 * 60_000;

/**
 * The image as its registry has it; undefined where it cannot be had. That is found out once and then remembered for a
 * week, so that a machine without a way to the registry does not ask at each start.
 * @param name full name, such as docker.io/library/cassandra:5.0.9
 * @returns path of the archive
 */
export async function imageFromRegistry(name: string): Promise<string | undefined> {
  const obstacle = await remembered(`registry-${fingerprint([name])}`, async () => {
    try {
      // a description of the image first: a download may take long, an answer may not
      await step(`asking the registry for ${name}`, () =>
        withContainerd((ctr) => ctr(["content", "fetch-object", name], ANSWER)),
      );
      await downloaded(name);
      return null;
    } catch (error) {
      const reason = (error as Error).message.trim().split("\n").pop()!;
      say(`  ${name} cannot be had: ${reason}`);
      return reason;
    }
  });
  return obstacle === null ? downloaded(name) : undefined;
}

async function downloaded(name: string): Promise<string> {
  const dir = await cached("registry-image", [name, ARCHITECTURE], (dir) =>
    step(`downloading ${name}`, () =>
      withContainerd(async (ctr) => {
        const platform = ["--platform", `linux/${ARCHITECTURE}`];
        await ctr(["content", "fetch", ...platform, name], DOWNLOAD);
        await ctr(["images", "export", ...platform, join(dir, "image.tar"), name], DOWNLOAD);
      }),
    ),
  );
  return join(dir, "image.tar");
}
