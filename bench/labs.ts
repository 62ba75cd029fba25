/** What the lab itself takes: from an empty cache, from a full one, and on the disk. */
import { readdirSync, rmSync } from "node:fs";
import path from "node:path";
import { cacheRoot } from "../lab/src/cache";
import { repository } from "../lab/src/instance";
import { Lab } from "../lab/src/lab";
import { run } from "../lab/src/run";
import { Comparison, seconds } from "./compare";

const name = "bench";
const limit = "this program";

async function inMegabytes(...folders: string[]): Promise<number> {
  const lines = (await run("du", ["-sk", ...folders])).trim().split("\n");
  return lines.reduce((sum, line) => sum + Number(line.split("\t")[0]), 0) / 1024;
}

/** @param scratch folder for all caches, the one of Go's compiler included */
export function labComparison(scratch: string): Comparison {
  const caches = path.join(scratch, "caches");
  const env = { ...process.env, XDG_CACHE_HOME: caches };
  const cache = cacheRoot(env);
  const start = () =>
    run("npm", ["start", "--silent", "--", "--name", name], { cwd: repository, env, timeout: 3_600_000 });
  const lab = Lab.find(name);
  const down = () => lab.down({ delete: true });

  /** Makes the image anew, once what it is made of has been downloaded. */
  async function makeImage(): Promise<void> {
    for (const entry of readdirSync(cache).filter((one) => one.startsWith("cassandra-image"))) {
      rmSync(path.join(cache, entry), { recursive: true });
    }
    const make = 'require("./lab/src/images").images()';
    await run(process.execPath, ["-r", "ts-node/register", "-e", make], { cwd: repository, env, timeout: 3_600_000 });
  }

  return {
    name: "lab",
    runs: 3,
    measures: {
      cold: { title: "npm start with empty caches, Go's modules downloaded", unit: "s", limit, most: 720 },
      warm: { title: "npm start, the cache full and the lab new", unit: "s", limit, most: 90 },
      image: { title: "Cassandra's image, of what is downloaded", unit: "s", limit },
      disk: { title: "Disk for the cache and for the disks of a ring of three", unit: "MB", limit },
    },
    contenders: [
      {
        name: limit,
        run: async () => {
          rmSync(caches, { recursive: true, force: true });
          try {
            const cold = await seconds(start);
            await down();
            const warm = await seconds(start);
            const disk = await inMegabytes(cache, lab.dir);
            await down();
            return { cold, warm, disk, image: await seconds(makeImage) };
          } finally {
            await down();
          }
        },
      },
    ],
  };
}
