import type { V1StatefulSet } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { isDeepStrictEqual } from "node:util";
import { KubernetesClient } from "../kubernetes/apiClient";
import { undefinedWhenNotFound } from "../kubernetes/apiErrors";
import { KubeContext } from "../kubernetes/kubeconfig";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { OwedStep } from "../engine/owedStep";
import { qualifiedPropertyName } from "../engine/propertyNames";
import { selectorText } from "../objects/labels";
import { wholeBytes } from "../kubernetes/quantity";
import { RingClient } from "../cassandra/ringClient";
import { isOwnTemplate } from "../cassandra/ringPods";
import { RingIdentity } from "../cassandra/ringViews";
import { upgradeProblem } from "./upgrade";
import { versionOf } from "../cassandra/version";

/** Names in the manifests of the tutorials. An adopted StatefulSet keeps them for good. */
export const tutorials = { selector: { app: "cassandra" }, claim: "cassandra-data" };

/** Pod template of an adopted StatefulSet: `kept`, as it was found, or `own`, the template of this program. */
export const AdoptedTemplate = { Kept: "kept", Own: "own" } as const;
export type AdoptedTemplate = (typeof AdoptedTemplate)[keyof typeof AdoptedTemplate];

export interface AdoptionArgs {
  /** Name of the StatefulSet, and of its headless Service. */
  name: string;
  namespace: pulumi.Input<string>;
  podTemplate: AdoptedTemplate;
  /** Members that the stack asks for. */
  replicas: number;
  /** Size and class of each member's volume. */
  volumeSize: pulumi.Input<string>;
  storageClassName?: pulumi.Input<string | undefined>;
  /** What members with the program's own template would start with. */
  clusterName: pulumi.Input<string>;
  datacenter: pulumi.Input<string>;
  rack: pulumi.Input<string>;
  numTokens: number;
  image: pulumi.Input<string>;
  /** Config keys that protect a ring, with their values. A ring that is taken over is not protected yet. */
  protection: Record<string, string>;
  /** The Kubernetes cluster of the ring. @default that of the default provider */
  cluster?: KubeContext;
}

/** The args as the state holds them, once they are known. */
type State = pulumi.Unwrap<Omit<AdoptionArgs, "name" | "replicas" | "protection" | "cluster">>;

/** Imports an object if it exists, else creates it. */
export function importExisting(kubeContext: KubeContext | undefined): pulumi.ResourceTransform {
  return async ({ type, props, opts }) => {
    const metadata = props.metadata as { name: string; namespace: string; annotations?: Record<string, string> };
    const [, group, kind] = type.split(":");
    const { objects } = await KubernetesClient.connect(kubeContext);
    const live = await objects
      .read({ apiVersion: group.replace(/^core\//, ""), kind, metadata })
      .catch(undefinedWhenNotFound);
    // The fields belong to another field manager. Without the annotation, the provider would report a conflict.
    const annotations = { ...metadata.annotations, "pulumi.com/patchForce": "true" };
    return {
      props: { ...props, metadata: { ...metadata, annotations } },
      opts: live ? { ...opts, import: `${metadata.namespace}/${metadata.name}` } : opts,
    };
  };
}

/**
 * Checks, in preview as well, whether a StatefulSet can be taken over, and whether members with the program's own template would come back
 * as the same members. It creates nothing: the state remembers for which template and args the check has passed.
 */
export class Adoption extends OwedStep<State, Plan> {
  /** For `dependsOn`: what must come after the check has passed. */
  readonly passed: pulumi.Output<pulumi.Resource[]>;
  private readonly parent?: pulumi.Resource;

  constructor(
    name: string,
    private readonly args: AdoptionArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    const { namespace, podTemplate, volumeSize, storageClassName, clusterName, datacenter, rack, numTokens, image } =
      args;
    const goal = {
      namespace,
      podTemplate,
      volumeSize,
      storageClassName,
      clusterName,
      datacenter,
      rack,
      numTokens,
      image,
    };
    super("cassandra:index:Adoption", name, { hook: `${name}-adoption`, goal, dueOnCreate: true }, opts);
    this.parent = opts?.parent;
    this.passed = this.urn.apply(() => []);
    this.registerOutputs({});
  }

  protected override async plan(was: State | undefined, wanted: State): Promise<Plan | undefined> {
    const { args } = this;
    const found = await inspectOrWarn(`ring ${args.name}: the StatefulSet to take over`, () => find(args, wanted));
    if (!found) return undefined;
    const wrong = misfits(args, wanted, found, was === undefined);
    if (wrong.length > 0) throw new Error(wrong.join("\n"));
    return { line: describeAdoption(args, was, wanted, found) };
  }

  protected override async preview({ line }: Plan): Promise<void> {
    if (line) await pulumi.log.info(`${this.args.name}: ${line}`, this.parent);
  }

  /** The objects are imported when they are registered (`importExisting`). */
  protected override act(plan: Plan): Promise<void> {
    return this.preview(plan);
  }
}

interface Plan {
  /** What the edit means, in a sentence; empty if other hooks report it. */
  line: string;
}

/** What exists of the ring to take over. */
interface Found {
  set?: V1StatefulSet;
  /** What the members say of the ring; undefined while no member serves. */
  ring?: RingIdentity;
}

async function find({ name, cluster }: AdoptionArgs, { namespace }: State): Promise<Found> {
  const { apps } = await KubernetesClient.connect(cluster);
  const set = await apps.readNamespacedStatefulSet({ name, namespace }).catch(undefinedWhenNotFound);
  if (!set) return {};
  const client = new RingClient(cluster, { name, namespace, sets: [name], ...tutorials, isAdopted: true });
  return { set, ring: await client.identity() };
}

/** Whether the pods have the program's own template, such as after the state was lost. */
function isOwn({ spec }: V1StatefulSet): boolean {
  return isOwnTemplate(spec!.template.spec!);
}

/** Why this StatefulSet cannot be taken over, or its members could not run: a sentence for each reason. */
export function misfits(args: AdoptionArgs, wanted: State, { set, ring }: Found, isFirst: boolean): string[] {
  const where = `${wanted.namespace}/${args.name}`;
  const refuse = (key: string, value: unknown, why: string, allowed: string) =>
    `${qualifiedPropertyName(key)}: "${String(value)}" is not allowed for ring ${args.name}: ${why}; allowed is ${allowed}`;
  const { podTemplate } = wanted;
  if (!set) {
    // A StatefulSet that was destroyed is recreated on its kept volumes, but only with a template that is known.
    if (podTemplate === "own") return [];
    const why = `there is no StatefulSet ${where} whose template could be kept`;
    return [refuse("persistent.podTemplate", podTemplate, why, '"own", on volumes that it has left')];
  }
  const spec = set.spec!;
  const labels = spec.selector.matchLabels ?? {};
  const template = spec.volumeClaimTemplates?.find(({ metadata }) => metadata?.name === tutorials.claim);
  const container = spec.template.spec!.containers[0].name;
  if (!isDeepStrictEqual(labels, tutorials.selector) || !template || container !== "cassandra") {
    const claims = spec.volumeClaimTemplates?.map(({ metadata }) => metadata?.name).join(", ") || "none";
    const why =
      `StatefulSet ${where} selects ${selectorText(labels)}, its volume claim templates are ${claims}, its container is ` +
      container;
    const allowed = `a StatefulSet as the tutorials make it: ${selectorText(tutorials.selector)}, ${tutorials.claim}, cassandra`;
    return [refuse("persistent.adopt", true, why, allowed)];
  }

  const wrong: string[] = [];
  const must = (key: string, value: unknown, live: unknown, why: string) => {
    if (value !== live) wrong.push(refuse(key, value, why, `"${String(live)}"`));
  };
  const size = template.spec?.resources?.requests?.storage ?? "";
  const fixed = "is in its volume claim template, which can never change";
  if (wholeBytes(wanted.volumeSize) !== wholeBytes(size))
    must("volumeSize", wanted.volumeSize, size, `${size} ${fixed}`);
  const className = template.spec?.storageClassName ?? "";
  must("storageClassName", wanted.storageClassName ?? "", className, `class "${className}" ${fixed}`);
  if (isFirst) {
    must("replicas", args.replicas, spec.replicas, "it is taken over with its own replicas, and scaled afterwards");
    // Kubernetes would merge a template into the template of another field manager. After the takeover, the fields are Pulumi's.
    const its = isOwn(set)
      ? "this program's template"
      : "another template, and it is taken over with that template first";
    must("persistent.podTemplate", podTemplate, isOwn(set) ? "own" : "kept", `its pods have ${its}`);
  }
  for (const [key, value] of isOwn(set) ? [] : Object.entries(args.protection))
    must(key, value, "none", "the ring runs without it, and would no longer serve all of its clients and members");
  if (!ring)
    return [...wrong, ...(isFirst ? [refuse("persistent.adopt", true, "no member serves", "a ring that serves")] : [])];
  const made = "its members were made with that, and start with no other";
  must("clusterName", wanted.clusterName, ring.clusterName, made);
  for (const { address, datacenter, rack, tokens, up, state } of ring.members) {
    must("datacenter", wanted.datacenter, datacenter, made);
    must("persistent.rack", wanted.rack, rack, made);
    must("persistent.numTokens", wanted.numTokens, tokens, made);
    if (isFirst && (!up || state !== "normal"))
      wrong.push(
        refuse("persistent.adopt", true, `its member at ${address} is ${up ? state : "down"}`, "a complete ring"),
      );
  }
  const version = versionOf(wanted.image);
  const problem = podTemplate === "own" && version ? upgradeProblem(ring.versions, version) : undefined;
  if (problem)
    wrong.push(`${qualifiedPropertyName("image")}: "${wanted.image}" is not allowed for ring ${args.name}: ${problem}`);
  return [...new Set(wrong)];
}

/** The edit in a sentence, for the preview; empty if other hooks report it. */
function describeAdoption({ name }: AdoptionArgs, was: State | undefined, wanted: State, { set, ring }: Found): string {
  if (!set) return "";
  const restarts =
    `members restart one at a time with this program's own pod template, ${name}-${set.spec!.replicas! - 1} first; each comes back to ` +
    "its volume as the same member";
  if (was)
    return wanted.podTemplate === "own" && was.podTemplate === "kept" ? `podTemplate kept -> own: ${restarts}` : "";
  return (
    `StatefulSet ${name} and its ${ring?.members.length} members are taken over: no data is touched, its pods stay as they are, and ` +
    "none restarts; from now on a member streams its data to the others before it leaves"
  );
}
