import { revisionAnnotation } from "../components/objects/podMetadata";
import { ConfigChange } from "./configLines";
import { Change, Drift, Preview } from "./events";
import { brief, differences } from "./fields";
import { PlainTexts } from "./plainTexts";
import { ringImpacts, RingImpact } from "./rings";
import { secretChanges, ShownFields } from "./shownFields";

export interface ReportArgs {
  stack: string;
  /** Name of its file, as the report quotes it. */
  stackFile: string;
  preview: Preview;
  /** What changed in the config since the last update; undefined when there never was one. */
  config?: ConfigChange[];
  /** Secrets that the state and the config have. @default none */
  known?: PlainTexts;
}

/** What a preview means, as a comment in Markdown: the same text for the same preview. */
export function report({ stack, stackFile, preview, config, known = new PlainTexts([]) }: ReportArgs): string {
  const objects = preview.changes.filter(({ type, what }) => what !== "same" && /^(kubernetes|random):/.test(type));
  const rings = preview.succeeded ? ringImpacts(preview) : [];
  const shown = new ShownFields(known, preview.changes);
  const parts = [
    `### Preview of stack \`${stack}\``,
    headline(preview, rings, objects),
    ...(preview.succeeded ? rings.map(ringPart) : [bullets("", preview.said.error)]),
    ...(preview.policies.length > 0
      ? [
          bullets(
            "#### Policies",
            preview.policies.map(({ name, level, message }) => `${level}, ${name}: ${message}`),
          ),
        ]
      : []),
    config === undefined ? "The stack has never been deployed." : configPart(config, stackFile),
    ...(preview.drifts.length > 0
      ? [
          bullets(
            "#### Changed by hand since the last update; `pulumi up --refresh` sets it back",
            preview.drifts.map((one) => drift(one, shown)),
          ),
        ]
      : []),
    ...(preview.said.warning.length > 0 ? [bullets("#### Warnings", preview.said.warning)] : []),
    ...(preview.succeeded && objects.length > 0 ? [objectPart(objects, shown)] : []),
  ];
  return cut(`${known.replaced(parts.filter(Boolean).join("\n\n"))}\n`);
}

/** Characters that a comment may have, but for the marker in front of it. */
const longest = 65_000;

/** What matters most comes first: what is too long for a comment ends with a word about it. */
function cut(text: string): string {
  if (text.length <= longest) return text;
  const shown = text.slice(0, text.lastIndexOf("\n", longest));
  const isOpen = shown.lastIndexOf("<details>") > shown.lastIndexOf("</details>");
  const missing = text.slice(shown.length).split("\n").length;
  return `${shown}\n${isOpen ? "\n</details>\n" : ""}\n**Cut here: ${missing} lines more, which \`npm run review\` prints.**\n`;
}

/** The update in a sentence. */
function headline({ succeeded }: Preview, rings: RingImpact[], objects: Change[]): string {
  if (!succeeded) return "**Refused: `pulumi up` changes nothing until this is fixed.**";
  if (objects.length === 0 && rings.length === 0) return "Nothing changes.";
  const moving = rings.filter(({ members }) => members.length > 0);
  if (moving.length === 0) return "**No member of a ring moves or restarts.**";
  const about = moving.map(({ name, members }) => `Ring \`${name}\`: ${members.join("; ")}.`);
  return `**${about.join(" ")}**`;
}

function ringPart({ name, topology, said, members, seconds, streamsData, meanwhile }: RingImpact): string {
  const time =
    seconds === undefined
      ? []
      : [`takes about ${duration(seconds)}${streamsData ? ", plus the time to stream data" : ""}`];
  const lines = [...members, ...said, ...time, `meanwhile, ${meanwhile}`];
  return bullets(`#### Ring \`${name}\` (${topology})`, lines);
}

function configPart(changes: ConfigChange[], stackFile: string): string {
  if (changes.length === 0) return "The stack's config is the same as in the last update.";
  const lines = changes.map(({ key, line, before, after }) => {
    const where = line === undefined ? "" : `${stackFile}:${line} `;
    return `${where}\`${key}\`: ${value(before)} -> ${value(after)}`;
  });
  return bullets("#### Because of", lines);
}

const value = (text: string | undefined) => (text === undefined ? "none" : text === "" ? "empty" : `\`${text}\``);

function objectPart(objects: Change[], shown: ShownFields): string {
  const verbs = {
    create: "created",
    import: "taken over",
    update: "changed",
    replace: "replaced",
    delete: "deleted",
  } as const;
  const counts = (Object.keys(verbs) as (keyof typeof verbs)[]).flatMap((what) => {
    const count = objects.filter((object) => object.what === what).length;
    return count > 0 ? [`${count} ${verbs[what]}`] : [];
  });
  const rows = objects
    .map(
      (object) =>
        `| ${verbs[object.what as keyof typeof verbs]} | ${kindOf(object)} \`${nameOf(object)}\` | ${fields(object, shown)} |`,
    )
    .sort();
  return [
    `<details><summary>Objects: ${counts.join(", ")}</summary>`,
    ["| | object | fields |", "|---|---|---|", ...rows].join("\n"),
    "</details>",
  ].join("\n\n");
}

const kindOf = ({ type }: Pick<Change, "type">) =>
  type
    .split(":")
    .at(-1)!
    .replace(/Patch$/, "");

interface Metadata {
  name?: string;
  annotations?: Record<string, string>;
}
/** Annotation of objects whose names Pulumi has chosen: another one each time. */
const autonamed = "pulumi.com/autonamed";

function nameOf({ urn, ...change }: Pick<Change, "urn" | "old" | "new">): string {
  const { name, annotations } = ((change.new ?? change.old)?.metadata ?? {}) as Metadata;
  // A patch has the name of what it is a part of, which may be one of Pulumi's too.
  return name !== undefined && annotations?.[autonamed] !== "true" ? brief(name) : urn.split("::").at(-1)!;
}

function drift({ urn, type, was, live }: Drift, shown: ShownFields): string {
  const what = `${kindOf({ type })} \`${nameOf({ urn, old: was })}\``;
  if (!live) return `${what}: deleted`;
  return `${what}: ${shown.of(type, differences(was, live)).join("; ")}`;
}

/** At most so many fields of an object are told one by one. */
const most = 8;

function fields({ type, what, differing, old, new: wanted }: Change, shown: ShownFields): string {
  if (what === "create" || what === "delete") return "";
  const differ = differences(old, wanted)
    // The first follows from all others, the other is Pulumi's own choice.
    .filter(({ path }) => !path.endsWith(revisionAnnotation) && path !== "metadata.name");
  // Where the inputs are those of before, they are masked.
  const all = differ.length > 0 ? shown.of(type, differ) : differing.map(secretChanges);
  const rest = all.length > most ? [`${all.length - most} more`] : [];
  return [...all.slice(0, most), ...rest].join("<br>");
}

const bullets = (title: string, lines: string[]) =>
  [...(title ? [title, ""] : []), ...lines.map((line) => `- ${line.replaceAll("\n", "\n  ")}`)].join("\n");

function duration(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
