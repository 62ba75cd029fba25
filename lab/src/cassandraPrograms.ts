import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "./cache";
import { onPath } from "./packages";
import { step } from "./progress";
import { run } from "./run";

const POM = join(__dirname, "../image/pom.xml");
const REQUIREMENTS = join(__dirname, "../image/requirements.txt");
const TEN_MINUTES = 600_000;

/** Jars with native code for other systems than the image's. */
const FOREIGN = new RegExp(`-(osx|windows|macos|riscv64|${process.arch === "x64" ? "aarch_64" : "x86_64"})`);

/**
 * A folder with `lib`, the jars of Cassandra, and `pylib`, cqlsh with the driver: downloaded on first use.
 * @param version of cassandra-all in Maven Central
 * @throws if Maven or pip is missing here, or one of the registries refuses
 */
export async function cassandraPrograms(version: string): Promise<string> {
  const sources = await Promise.all([POM, REQUIREMENTS, __filename].map((file) => readFile(file)));
  return cached("cassandra-programs", [version, process.arch, ...sources], async (dir) => {
    const missing = Object.entries({ mvn: "maven", python3: "python3-pip" }).filter(([program]) => !onPath(program));
    if (missing.length > 0) {
      const packages = missing.map(([, name]) => name).join(" ");
      throw new Error(
        `Building the Cassandra image needs Maven and pip: install the Debian packages ${packages}, or use a cluster ` +
          "that you have: `npm start -- --context minikube`.",
      );
    }
    await step(`downloading Cassandra ${version} from Maven Central`, () => jars(version, dir));
    await step("downloading cqlsh from PyPI", () => cqlsh(join(dir, "pylib")));
  });
}

async function jars(version: string, dir: string): Promise<void> {
  const lib = join(dir, "lib");
  const repository = join(dir, "repository");
  const goal = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";
  const properties = [`-Dcassandra.version=${version}`, `-Dmaven.repo.local=${repository}`, `-DoutputDirectory=${lib}`];
  const options = ["--quiet", "--batch-mode", "--strict-checksums", "--file", POM, "-DincludeScope=runtime"];
  await run("mvn", [...options, ...properties, goal], { timeout: TEN_MINUTES });
  await rm(repository, { recursive: true });
  for (const jar of (await readdir(lib)).filter((file) => FOREIGN.test(file))) await rm(join(lib, jar));
}

async function cqlsh(pylib: string): Promise<void> {
  const machine = process.arch === "x64" ? "x86_64" : "aarch64";
  // for the image's Python, not this machine's
  const platforms = ["2014", "_2_17", "_2_28"].map((glibc) => `--platform=manylinux${glibc}_${machine}`);
  const python = ["--only-binary=:all:", "--python-version=3.11", ...platforms];
  const options = ["--quiet", "--no-compile", "--root-user-action=ignore", "--requirement", REQUIREMENTS];
  await run("python3", ["-m", "pip", "install", ...options, ...python, "--target", pylib], { timeout: TEN_MINUTES });
  // the driver runs without its compiled parts, which are ten times its size
  for (const path of await readdir(pylib, { recursive: true })) {
    if (/\.so$|\.libs$|^bin$/.test(path)) await rm(join(pylib, path), { recursive: true, force: true });
  }
}
