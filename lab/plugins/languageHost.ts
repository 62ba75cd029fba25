import * as grpc from "@grpc/grpc-js";
import { LanguageRuntimeService } from "@pulumi/pulumi/proto/language_grpc_pb";
import * as language from "@pulumi/pulumi/proto/language_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ChildProcess, spawn, SpawnOptions } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { engineAddress, serve, unary } from "./rpc";

/** The exit code with which a program says that it has already told its user what is wrong. */
const bailed = 32;
/** Milliseconds that a cancelled program has to end by itself. */
const grace = 5_000;

const children = new Set<ChildProcess>();

function start(args: string[], options: SpawnOptions): ChildProcess {
  const child = spawn(process.execPath, args, options);
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
}

function stopChildren(): void {
  for (const child of children) child.kill("SIGINT");
  setTimeout(() => children.forEach((child) => child.kill("SIGKILL")), grace).unref();
}

/** Resolves from the program's folder, so that a program runs with the SDK that it has itself installed. */
function resolveIn(folder: string, module: string): string {
  try {
    return createRequire(path.join(folder, "index.js")).resolve(module);
  } catch {
    throw new Error(`${module} is not installed in ${folder}: run \`npm install\` there`);
  }
}

interface RuntimeOptions {
  typescript?: boolean;
  tsconfig?: string;
  nodeargs?: string;
}

/** What `runtime.options` of Pulumi.yaml asks for: node's own arguments and the environment that the SDK reads. */
function runtime(info: language.ProgramInfo): { nodeArgs: string[]; env: NodeJS.ProcessEnv } {
  const options = (info.getOptions()?.toJavaScript() ?? {}) as RuntimeOptions;
  const words = options.nodeargs?.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  return {
    nodeArgs: words.map((word) => word.replace(/^(["'])(.*)\1$/, "$2")),
    env: {
      ...(options.typescript === false ? {} : { PULUMI_NODEJS_TYPESCRIPT: "true" }),
      ...(options.tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig } : {}),
    },
  };
}

function run(request: language.RunRequest): Promise<language.RunResponse> {
  const info = request.getInfo()!;
  const folder = info.getProgramDirectory();
  const { nodeArgs, env } = runtime(info);
  const flags: [string, string][] = [
    ["monitor", request.getMonitorAddress()],
    ["engine", engineAddress],
    ["organization", request.getOrganization()],
    ["project", request.getProject()],
    ["root-directory", info.getRootDirectory()],
    ["stack", request.getStack()],
    ["pwd", folder],
    ["parallel", String(request.getParallel())],
  ];
  const args = [
    ...nodeArgs,
    resolveIn(folder, "@pulumi/pulumi/cmd/run"),
    ...flags.filter(([, value]) => value).flatMap(([name, value]) => [`--${name}`, value]),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    info.getEntryPoint(),
    ...request.getArgsList(),
  ];
  // The engine shows what this process prints, so the program inherits its output and loses no line of it.
  const program = start(args, {
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      ...env,
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().getEntryList())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    },
  });
  return new Promise((resolve, reject) => {
    program.once("error", reject);
    program.once("close", (code, signal) => {
      const response = new language.RunResponse();
      if (code === bailed) response.setBail(true);
      else if (code !== 0) response.setError(`Program exited with ${signal ?? `non-zero exit code: ${code}`}`);
      resolve(response);
    });
  });
}

type Output<Request, Response> = grpc.ServerWritableStream<Request, Response>;

/** A handler that streams the output of the program that `work` starts; `end` says how its exit code is told. */
function streamed<Request, Response>(
  response: new () => { setStdout(data: Buffer): Response; setStderr(data: Buffer): Response },
  work: (request: Request) => ChildProcess,
  end: (call: Output<Request, Response>, code: number) => void,
): grpc.handleServerStreamingCall<Request, Response> {
  return (call) => {
    const fail = (error: Error): unknown => call.emit("error", { code: grpc.status.UNKNOWN, details: error.message });
    try {
      const child = work(call.request);
      child.stdout!.on("data", (data: Buffer) => call.write(new response().setStdout(data)));
      child.stderr!.on("data", (data: Buffer) => call.write(new response().setStderr(data)));
      child.once("error", fail);
      child.once("close", (code) => end(call, code ?? 1));
      call.on("cancelled", () => child.kill("SIGINT"));
    } catch (error) {
      fail(error as Error);
    }
  };
}

/** Policy packs and component packages are plugins of their own, started by the SDK that they have installed. */
const runPlugin = streamed(
  language.RunPluginResponse,
  (request: language.RunPluginRequest) => {
    const info = request.getInfo()!;
    const folder = info.getProgramDirectory();
    const { nodeArgs, env } = runtime(info);
    const isPolicyPack = request.getKind() === "analyzer";
    const args = request.getArgsList();
    const given = request.getEnvList().map((line): [string, string] => {
      const [name, value] = line.split(/=(.*)/s);
      return [name, value];
    });
    const module = resolveIn(folder, `@pulumi/pulumi/cmd/${isPolicyPack ? "run-policy-pack" : "run-plugin"}`);
    return start([...nodeArgs, module, ...(isPolicyPack ? [...args, folder] : [folder, ...args])], {
      cwd: isPolicyPack ? folder : request.getPwd(),
      env: { ...env, ...Object.fromEntries(given) },
      stdio: ["ignore", "pipe", "pipe"],
    });
  },
  (call, code) => {
    call.write(new language.RunPluginResponse().setExitcode(code));
    call.end();
  },
);

const installDependencies = streamed(
  language.InstallDependenciesResponse,
  (request: language.InstallDependenciesRequest) =>
    spawn("npm", ["install", "--no-audit", "--no-fund"], {
      cwd: request.getInfo()!.getProgramDirectory(),
      stdio: ["ignore", "pipe", "pipe"],
    }),
  (call, code) => {
    if (code === 0) call.end();
    else call.emit("error", { code: grpc.status.UNKNOWN, details: `npm install ended with exit code ${code}` });
  },
);

function programDependencies(request: language.GetProgramDependenciesRequest): language.GetProgramDependenciesResponse {
  const require = createRequire(path.join(request.getInfo()!.getProgramDirectory(), "index.js"));
  const { dependencies = {} } = require("./package.json") as { dependencies?: Record<string, string> };
  const list = Object.entries(dependencies).map(([name, range]) => {
    let version = range;
    try {
      version = (require(`${name}/package.json`) as { version: string }).version;
    } catch {
      // Not installed, or hides its package.json: the wanted range is all there is to tell.
    }
    return new language.DependencyInfo().setName(name).setVersion(version);
  });
  return new language.GetProgramDependenciesResponse().setDependenciesList(list);
}

/**
 * A host for Node programs with the SDK's own runner, for machines that cannot download the official one. It names no
 * required packages: the engine finds each plugin when the first resource asks for it, and nothing is downloaded.
 */
export function main(): void {
  const { version } = createRequire(__filename)("@pulumi/pulumi/package.json") as { version: string };
  process.on("exit", () => children.forEach((child) => child.kill("SIGTERM")));
  serve(
    LanguageRuntimeService,
    {
      handshake: unary(() => new language.LanguageHandshakeResponse()),
      getPluginInfo: unary(() => new PluginInfo().setVersion(version)),
      getRequiredPackages: unary(() => new language.GetRequiredPackagesResponse()),
      run: unary(run),
      runPlugin,
      installDependencies,
      about: unary(() => new language.AboutResponse().setExecutable(process.execPath).setVersion(process.version)),
      getProgramDependencies: unary(programDependencies),
      runtimeOptionsPrompts: unary(() => new language.RuntimeOptionsResponse()),
      template: unary(() => new language.TemplateResponse()),
    },
    stopChildren,
  );
}
