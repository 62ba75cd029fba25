import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cached, cacheRoot, fingerprint, remembered } from "../../../lab/src/cache";

describe("the lab's cache", () => {
  let before: string | undefined;

  beforeEach(() => {
    before = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = mkdtempSync(join(tmpdir(), "lab-cache-"));
  });

  afterEach(() => {
    rmSync(process.env.XDG_CACHE_HOME!, { recursive: true });
    if (before === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before;
  });

  it("makes an entry once, and another one for other inputs", async () => {
    let made = 0;
    const make = async (dir: string) => writeFile(join(dir, "file"), String(++made));
    const first = await cached("tool", ["1.0"], make);
    assert.equal(await cached("tool", ["1.0"], make), first);
    assert.equal(readFileSync(join(first, "file"), "utf8"), "1");
    assert.notEqual(await cached("tool", ["1.1"], make), first);
    assert.equal(made, 2);
  });

  it("tells inputs apart by their borders", () => {
    assert.notEqual(fingerprint(["ab", "c"]), fingerprint(["a", "bc"]));
  });

  it("keeps nothing of a failed attempt", async () => {
    const failing = async (dir: string) => {
      await writeFile(join(dir, "half"), "");
      throw new Error("no disk");
    };
    await assert.rejects(cached("tool", [], failing), /no disk/);
    const dir = await cached("tool", [], async () => {});
    assert.deepEqual(readdirSync(dir), []);
  });

  it("takes nothing half made for finished after a kill, and clears it away", async () => {
    const module = join(__dirname, "../../../lab/src/cache");
    const script = `require(${JSON.stringify(module)}).cached("killed", [], async (dir) => {
      require("node:fs").writeFileSync(dir + "/half", "");
      console.log("half made");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    })`;
    const child = spawn(process.execPath, ["-r", "ts-node/register", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    assert.deepEqual(left(), ["killed-e3b0c44298fc.unfinished"]);
    child.kill("SIGKILL");
    await new Promise((resolve) => child.once("close", resolve));

    await cached("other", [], async () => {});
    assert.deepEqual(left(), ["other-e3b0c44298fc"]);
    const dir = await cached("killed", [], async (fresh) => {
      assert.deepEqual(await readdir(fresh), []);
    });
    assert.ok(existsSync(dir));
  });

  it("lets one make what several want at once", async () => {
    let making = 0;
    const make = async () => {
      making++;
      await new Promise((resolve) => setTimeout(resolve, 100));
    };
    const dirs = await Promise.all([1, 2, 3].map(() => cached("tool", [], make)));
    assert.equal(making, 1);
    assert.equal(new Set(dirs).size, 1);
  });

  it("clears nothing away that another process is making", async () => {
    await cached("slow", [], async (dir) => {
      await cached("quick", [], async () => {});
      assert.ok(existsSync(dir));
    });
  });

  it("remembers an outcome for its time, and no attempt that throws", async () => {
    let attempts = 0;
    const attempt = () =>
      ++attempts === 1 ? Promise.reject(new Error("interrupted")) : Promise.resolve({ reachable: false });
    await assert.rejects(remembered("registry", attempt), /interrupted/);
    assert.deepEqual(await remembered("registry", attempt), { reachable: false });
    assert.deepEqual(await remembered("registry", attempt), { reachable: false });
    assert.equal(attempts, 2);
    await remembered("registry", attempt, 0);
    assert.equal(attempts, 3);
  });

  function left(): string[] {
    return readdirSync(cacheRoot()).filter((file) => file !== "locks");
  }
});
