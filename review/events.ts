/** What the engine's event stream says, as far as a review needs it. */
import { isDeepStrictEqual } from "node:util";
import { runtime } from "@pulumi/pulumi";
import type {
  DiagnosticEvent,
  EngineEvent,
  PolicyEvent,
  StepEventMetadata,
  StepEventStateMetadata,
} from "@pulumi/pulumi/automation";

/** What becomes of one resource. */
export interface Change {
  urn: string;
  /** Type token: `kubernetes:apps/v1:StatefulSet`. */
  type: string;
  what: "create" | "import" | "update" | "replace" | "delete" | "same";
  /** URN of the component that it belongs to. */
  parent: string;
  /** Its inputs in the state, and those that it is to have; secrets in them are masked. */
  old?: Inputs;
  new?: Inputs;
  /** Paths of fields that the provider says differ, also where no input does that is shown: of secrets. */
  differing: string[];
}

export type Inputs = Record<string, unknown>;

/** An object that is not what the last update made of it. */
export interface Drift {
  urn: string;
  type: string;
  /** Its inputs in the state, and what they would be to make what is live; undefined where it is gone. */
  was: Inputs;
  live?: Inputs;
}

/** A preview as the engine told it. */
export interface Preview {
  /** Config that it ran with, defaults included; secrets masked. */
  config: Record<string, string>;
  /** One for each resource, in order of their URNs. */
  changes: Change[];
  /** In order of their URNs. */
  drifts: Drift[];
  /** What hooks, components and providers said, each sentence once. */
  said: Record<"info" | "warning" | "error", string[]>;
  /** What policies say, in order of their names; one that is mandatory refuses the update. */
  policies: { name: string; level: "mandatory" | "advisory"; message: string }[];
  /** Whether it came to its end without an error. */
  succeeded: boolean;
}

export const masked = "[secret]";

/** Whether a value is a secret, or holds one. */
export const holdsMask = (value: unknown): boolean => (JSON.stringify(value) ?? "").includes(masked);
const { specialSigKey, unknownValue } = runtime;

const kinds: Record<string, Change["what"]> = {
  create: "create",
  import: "import",
  update: "update",
  delete: "delete",
  same: "same",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
};

/**
 * Reads what `pulumi preview --json` prints when it streams, an event a line.
 * @throws {Error} when that is no event stream: the engine did not come so far
 */
export function readPreview(printed: string): Preview {
  const lines = printed.split("\n").filter((line) => line.startsWith("{"));
  const events = lines.map((line) => JSON.parse(line) as EngineEvent);
  const changes = new Map<string, Change>();
  const drifts: Drift[] = [];
  const said: Preview["said"] = { info: [], warning: [], error: [] };
  const policies: Preview["policies"] = [];
  let config: Preview["config"] | undefined;
  let succeeded = false;
  for (const event of events) {
    const step = event.resourcePreEvent?.metadata ?? event.resOutputsEvent?.metadata;
    // A look at an object before anything is planned; only its end tells what is live.
    if (step?.op === "refresh") drifts.push(...(event.resOutputsEvent ? driftOf(step) : []));
    else if (step) {
      const found = changeOf(step);
      changes.set(found.urn, joined(changes.get(found.urn), found));
    }
    if (event.diagnosticEvent) hear(said, event.diagnosticEvent);
    if (event.policyEvent) policies.push(violation(event.policyEvent));
    config ??= event.preludeEvent?.config;
    // The types of the SDK do not know its result yet.
    if (event.summaryEvent) succeeded = (event.summaryEvent as { result?: string }).result !== "failed";
  }
  if (!config) throw new Error("the engine printed no events");
  drifts.sort((a, b) => a.urn.localeCompare(b.urn));
  const all = [...changes.values()].sort((a, b) => a.urn.localeCompare(b.urn));
  policies.sort((a, b) => `${a.name} ${a.message}`.localeCompare(`${b.name} ${b.message}`));
  return { config, changes: all, drifts, said, policies, succeeded: succeeded && said.error.length === 0 };
}

/** What several steps of one resource come to. */
function joined(before: Change | undefined, found: Change): Change {
  if (!before || before.what === "same") return found;
  // What is imported is then updated: that step alone knows which fields are left as they are.
  if (before.what === "import") return { ...before, ...found, what: "import" };
  // A replacement comes as several steps, each of which tells a part.
  return { ...found, ...before };
}

function changeOf(step: StepEventMetadata): Change {
  // Their types say that both are there.
  const { old, new: wanted } = step as { old?: StepEventStateMetadata; new?: StepEventStateMetadata };
  return {
    urn: step.urn,
    type: step.type,
    what: kinds[step.op] ?? "same",
    parent: (wanted ?? old)?.parent ?? "",
    ...(old && { old: plain(old.inputs) as Inputs }),
    ...(wanted && { new: plain(wanted.inputs) as Inputs }),
    differing: Object.keys(step.detailedDiff ?? {}).sort(),
  };
}

function driftOf(step: StepEventMetadata): Drift[] {
  const { urn, type } = step;
  const { old, new: live } = changeOf(step);
  // Of what is only read, the state has no inputs that somebody could have changed.
  if (!old || Object.keys(old).length === 0 || isDeepStrictEqual(old, live)) return [];
  return [{ urn, type, was: old, ...(live && { live }) }];
}

function violation({ policyName, enforcementLevel, message }: PolicyEvent): Preview["policies"][number] {
  // Each comes with the description of its policy on a line before it.
  const text = message.trim().split("\n").at(-1)!.trim();
  return { name: policyName, level: enforcementLevel === "mandatory" ? "mandatory" : "advisory", message: text };
}

/** Without what is secret or not yet known. */
function plain(value: unknown): unknown {
  if (value === unknownValue) return "(known later)";
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  if (specialSigKey in value) return masked;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

function hear(said: Preview["said"], { severity, message, ephemeral, urn }: DiagnosticEvent): void {
  const level = severity === "info#err" ? "info" : severity;
  // What no resource says is about the tools.
  if (ephemeral || !(level in said) || (level === "info" && !urn)) return;
  const text = message
    .replace(/^(?:error: )?(?:Preview failed: )?(?:(?:before|after) hook "[^"]*" failed: )?/, "")
    .trim();
  // The engine's own last word tells nothing more.
  if (text && text !== "preview failed" && !said[level].includes(text)) said[level].push(text);
}
