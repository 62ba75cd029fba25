/** What a user would pick instead, with the very objects that this program makes. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { repository } from "../lab/src/instance";
import { Lab } from "../lab/src/lab";
import { run } from "../lab/src/run";
import { helm } from "../lab/src/toolchain";

interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
}

/** Objects of a stack as a program of another kind would write them. */
export async function objectsOf(lab: Lab, stack: string): Promise<KubeObject[]> {
  const exported = await lab.pulumi(["stack", "export", "--stack", stack, "--show-secrets"]);
  const { deployment } = JSON.parse(exported) as {
    deployment: { resources: { type: string; inputs: Record<string, unknown> }[] };
  };
  return deployment.resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map(({ inputs }) => open(inputs) as KubeObject);
}

/** Without the marks of secrets, which Pulumi exports as the JSON of what they hold. */
function open(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(open);
  if (typeof value !== "object" || value === null) return value;
  if ("plaintext" in value) return open(JSON.parse(value.plaintext as string));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, open(item)]));
}

/** The same objects as manifests, as a chart of Helm's and as a program of cdk8s. */
export class Peers {
  private constructor(
    private readonly lab: Lab,
    private readonly folder: string,
    private readonly helm: string,
  ) {}

  /** @param folder where they are written to */
  static async of(lab: Lab, objects: KubeObject[], folder: string): Promise<Peers> {
    const peers = new Peers(lab, folder, await helm());
    const documents = objects.map((object) => JSON.stringify(object)).join("\n---\n");
    writeFileSync(peers.manifests, documents);

    mkdirSync(path.join(folder, "chart/templates"), { recursive: true });
    writeFileSync(path.join(folder, "chart/Chart.yaml"), "apiVersion: v2\nname: ring\nversion: 0.1.0\n");
    writeFileSync(path.join(folder, "chart/templates/all.yaml"), documents.replaceAll("{{", '{{ "{{" }}'));

    const program = path.join(folder, "cdk8s");
    cpSync(path.join(repository, "bench/peers/cdk8s"), program, { recursive: true });
    writeFileSync(path.join(program, "objects.json"), JSON.stringify(objects));
    await run("npm", ["install", "--no-audit", "--no-fund", "--silent"], { cwd: program, timeout: 600_000 });
    return peers;
  }

  private get manifests(): string {
    return path.join(this.folder, "ring.yaml");
  }

  private async shell(program: string, args: string[], cwd = this.folder): Promise<void> {
    await run(program, args, { cwd, env: this.lab.env, timeout: 300_000 });
  }

  apply = () => this.shell("kubectl", ["apply", "--server-side", "--force-conflicts", "-f", this.manifests]);

  applyAndWait = async () => {
    await this.apply();
    await this.shell("kubectl", ["rollout", "status", "statefulset/cassandra"]);
  };

  delete = () => this.shell("kubectl", ["delete", "--ignore-not-found", "--wait", "-f", this.manifests]);

  diff = (file = this.manifests) =>
    this.shell("kubectl", ["diff", "--server-side", "--force-conflicts", "-f", file]).catch((error: Error) => {
      // 1 says that something differs.
      if (!/exit code 1$/m.test(error.message)) throw error;
    });

  /** Takes over what is there, so that all are compared on the same objects. */
  install = () => this.shell(this.helm, ["install", "ring", "chart", "--take-ownership"]);

  uninstall = () => this.shell(this.helm, ["uninstall", "ring", "--ignore-not-found", "--wait"]);

  upgradeDryRun = () => this.shell(this.helm, ["upgrade", "ring", "chart", "--dry-run=server"]);

  upgrade = () => this.shell(this.helm, ["upgrade", "ring", "chart"]);

  async synth(): Promise<void> {
    const program = path.join(this.folder, "cdk8s");
    await this.shell(path.join(program, "node_modules/.bin/cdk8s"), ["synth", "--check-upgrade=false"], program);
    await this.diff(path.join(program, "dist/ring.k8s.yaml"));
  }
}
