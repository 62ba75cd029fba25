/**
 * Stack files of one's own: a copy of each `Pulumi.<stack>.yaml`, in which Pulumi keeps the stack's salt and what
 * `pulumi config set` sets, so that the repository stays as it was committed. Later edits of the repository's file are
 * taken over key by key; keys that were set in the copy only stay as they were set.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dump, load } from "js-yaml";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { repository } from "./instance";
import { run } from "./run";

type Fields = Record<string, unknown>;

export class StackFiles {
  /** @param folder where the copies are */
  constructor(private readonly folder: string) {}

  /** The copy of a stack's file. */
  file(stack: string): string {
    return join(this.folder, `Pulumi.${stack}.yaml`);
  }

  /** Option that makes a pulumi command read and write the copy. */
  option(stack: string): string[] {
    return ["--config-file", this.file(stack)];
  }

  /** Brings the copy up to date and makes the stack in the backend if it has none. */
  async ensure(stack: string, env: NodeJS.ProcessEnv): Promise<void> {
    this.refresh(stack);
    await run("pulumi", ["-C", this.folder, "stack", "select", "--create", stack, "--non-interactive"], { env });
  }

  /** Writes the copy anew, with this config and no other; what else Pulumi keeps in it, such as the stack's salt, stays. */
  configure(stack: string, config: Fields): void {
    writeFileSync(this.file(stack), dump({ ...parse(this.file(stack)), config }), { mode: 0o600 });
  }

  /** Makes the folder, in which `pulumi stack init` works from then on. */
  prepare(): void {
    mkdirSync(join(this.folder, "seen"), { recursive: true, mode: 0o700 });
    writeFileSync(join(this.folder, "Pulumi.yaml"), readFileSync(join(repository, "Pulumi.yaml")));
  }

  /** Takes over what changed in the repository's file since the last time; the first time, all of it. */
  refresh(stack: string): void {
    const source = join(repository, `Pulumi.${stack}.yaml`);
    const seen = join(this.folder, "seen", `${stack}.yaml`);
    this.prepare();
    if (!existsSync(source)) return;
    const merged = mergeStack(parse(seen), parse(source), parse(this.file(stack)));
    writeFileSync(this.file(stack), dump(merged), { mode: 0o600 });
    writeFileSync(seen, readFileSync(source));
  }
}

/**
 * A stack file with the changes that another one went through. Settings below `config` count one by one.
 * @param before the other file as it was last seen
 * @param after the other file as it is now
 */
export function mergeStack(before: Fields, after: Fields, own: Fields): Fields {
  const { config: configBefore, ...fieldsBefore } = before;
  const { config: configAfter, ...fieldsAfter } = after;
  const { config, ...fields } = own;
  return {
    ...takeOver(fieldsBefore, fieldsAfter, fields),
    config: takeOver((configBefore ?? {}) as Fields, (configAfter ?? {}) as Fields, (config ?? {}) as Fields),
  };
}

function takeOver(before: Fields, after: Fields, own: Fields): Fields {
  const changed = Object.keys({ ...before, ...after }).filter((key) => !isDeepStrictEqual(before[key], after[key]));
  const result: Fields = { ...own };
  for (const key of changed) {
    if (key in after) result[key] = after[key];
    else delete result[key];
  }
  return result;
}

function parse(file: string): Fields {
  if (!existsSync(file)) return {};
  return (load(readFileSync(file, "utf8")) ?? {}) as Fields;
}

if (require.main === module) {
  const [folder, stack] = process.argv.slice(2);
  new StackFiles(folder).refresh(stack);
}
