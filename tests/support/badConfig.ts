/** Stack files that are refused, each with what preview must say of it in the comments that it begins with. */
import { load } from "js-yaml";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export interface BadStack {
  name: string;
  config: Record<string, unknown>;
  /** Sentences that preview must print. */
  refusals: string[];
}

const folder = path.join(__dirname, "../engine/bad");

/** @param where "" for those that are wrong whatever runs; "ring" for edits of the ring of `tests/engine/edits/persistent` */
export function badStacks(where: "" | "ring"): BadStack[] {
  const files = readdirSync(path.join(folder, where)).filter((file) => file.endsWith(".yaml"));
  return files.map((file) => {
    const text = readFileSync(path.join(folder, where, file), "utf8");
    return {
      name: file.replace(".yaml", "").replaceAll("-", " "),
      config: (load(text) as { config: Record<string, unknown> }).config,
      refusals: [...text.matchAll(/^# (.*)$/gm)].map(([, line]) => line),
    };
  });
}
