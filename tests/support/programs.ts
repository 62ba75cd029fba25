import { cpSync } from "node:fs";
import * as path from "node:path";
import { Lab } from "../../lab/src/lab";

const engine = path.join(__dirname, "../engine");

/**
 * Copies a program of tests/engine into the folder of a lab, so that no stack file gets into the tree, and the args that several of them
 * import into the folder above.
 * @param name of the folder in the lab. @default that of the program
 * @returns folder of the copy
 */
export function copyProgram(lab: Lab, program: string, name = program): string {
  const copy = path.join(lab.dir, name);
  cpSync(path.join(engine, program), copy, { recursive: true });
  cpSync(path.join(engine, "aloneArgs.ts"), path.join(lab.dir, "aloneArgs.ts"));
  return copy;
}
