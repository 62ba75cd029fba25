import type { V1StatefulSet } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { isDeepStrictEqual } from "node:util";
import { KubernetesClient, undefinedWhenNotFound } from "../kubernetes/apiClient";
import { KubeContext } from "../kubernetes/kubeconfig";
import { inspectOrWarn } from "../engine/inspectOrWarn";
import { OwedStep } from "../engine/owedStep";
import { qualifiedPropertyName } from "../engine/propertyNames";
import { selectorText } from "../objects/labels";
import { quantity } from "../kubernetes/quantity";
import { RingClient } from "../cassandra/ringClient";
import { isOwnTemplate } from "../cassandra/ringPods";
import { RingIdentity } from "../cassandra/ringViews";
import { upgradeProblem } from "./upgrade";
import { versionOf } from "../cassandra/version";

/** What the manifests of the tutorials call things; their sets keep these for as long as they live. */
export const tutorials = { selector: { app: "cassandra" }, claim: "cassandra-data" };

/** Of which template the pods of an adopted set are: `kept`, as they were found, or `own`, that of this program. */
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
  /** With these, members of the program's own template would start. */
  clusterName: pulumi.Input<string>;
  datacenter: pulumi.Input<string>;
  rack: pulumi.Input<string>;
  numTokens: number;
  image: pulumi.Input<string>;
  /** Config keys by which the ring would be protected, with their values; it is not when it is taken over. */
  protection: Record<string, string>;
  /** The cluster that it is in. @default that of the default provider */
  cluster?: KubeContext;
}

/** What the state holds of the args, once it is known. */
type State = pulumi.Unwrap<Omit<AdoptionArgs, "name" | "replicas" | "protection" | "cluster">>;

/** Imports an object that is there; what is not there is made. */
export function importExisting(kubeContext: KubeContext | undefined): pulumi.ResourceTransform {
  return async ({ type, props, opts }) => {
    const metadata = props.metadata as { name: string; namespace: string; annotations?: Record<string, string> };
    const [, group, kind] = type.split(":");
    const { objects } = await KubernetesClient.connect(kubeContext);
    const live = await objects
      .read({ apiVersion: group.replace(/^core\//, ""), kind, metadata })
      .catch(undefinedWhenNotFound);
    // Its fields belong to whoever applied them, which the provider would call a conflict.
    const annotations = { ...metadata.annotations, "pulumi.com/patchForce": "true" };
    return {
      props: { ...props, metadata: { ...metadata, annotations } },
      opts: live ? { ...opts, import: `${metadata.namespace}/${metadata.name}` } : opts,
    };
  };
}

/**
 * Checks, in preview as well, whether a StatefulSet can be taken over, and whether members of the program's own template would come back
 * as the members that they are. It makes nothing itself: the state remembers for which template and which args the check has passed.
 */
export class Adoption extends OwedStep<State, Plan> {
  /** For `dependsOn`: what must come after the takeover has been found to be possible. */
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
    const found = await inspectOrWarn(`ring ${args.name}: what is to be taken over`, () => find(args, wanted));
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
  /** What the edit means, in a sentence; empty where others say it. */
  line: string;
}

/** What is there. */
interface Found {
  set?: V1StatefulSet;
  /** What the ring says of itself; undefined while no member serves. */
  ring?: RingIdentity;
}

async function find({ name, cluster }: AdoptionArgs, { namespace }: State): Promise<Found> {
  const { apps } = await KubernetesClient.connect(cluster);
  const set = await apps.readNamespacedStatefulSet({ name, namespace }).catch(undefinedWhenNotFound);
  if (!set) return {};
  const client = new RingClient(cluster, { name, namespace, sets: [name], ...tutorials, isAdopted: true });
  return { set, ring: await client.identity() };
}

/** Whether a set's pods are of the program's own template, as when a state was lost. */
function isOwn({ spec }: V1StatefulSet): boolean {
  return isOwnTemplate(spec!.template.spec!);
}

/** Why this StatefulSet cannot be taken over, or its members could not go on, a sentence for each. */
export function misfits(args: AdoptionArgs, wanted: State, { set, ring }: Found, isFirst: boolean): string[] {
  const where = `${wanted.namespace}/${args.name}`;
  const refuse = (key: string, value: unknown, why: string, allowed: string) =>
    `${qualifiedPropertyName(key)}: "${String(value)}" is not allowed for ring ${args.name}: ${why}; allowed is ${allowed}`;
  const { podTemplate } = wanted;
  if (!set) {
    // A set that was destroyed is made anew on the volumes that were kept, but of a template that is known.
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
    const why = `StatefulSet ${where} selects ${selectorText(labels)}, its claims are ${claims}, its container is ${container}`;
    const allowed = `a set as the tutorials make it: ${selectorText(tutorials.selector)}, ${tutorials.claim}, cassandra`;
    return [refuse("persistent.adopt", true, why, allowed)];
  }

  const wrong: string[] = [];
  const must = (key: string, value: unknown, live: unknown, why: string) => {
    if (value !== live) wrong.push(refuse(key, value, why, `"${String(live)}"`));
  };
  const size = template.spec?.resources?.requests?.storage ?? "";
  const fixed = "is that of its claim template, which can never change";
  if (quantity(wanted.volumeSize) !== quantity(size)) must("volumeSize", wanted.volumeSize, size, `${size} ${fixed}`);
  const className = template.spec?.storageClassName ?? "";
  must("storageClassName", wanted.storageClassName ?? "", className, `class "${className}" ${fixed}`);
  if (isFirst) {
    must("replicas", args.replicas, spec.replicas, "it is taken over at its own count, and scaled afterwards");
    // Kubernetes merges a template into one whose fields belong to whoever applied it: they are Pulumi's from then on.
    const its = isOwn(set) ? "of this program's template" : "as they were found, and it is taken over with these first";
    must("persistent.podTemplate", podTemplate, isOwn(set) ? "own" : "kept", `its pods are ${its}`);
  }
  for (const [key, value] of isOwn(set) ? [] : Object.entries(args.protection))
    must(key, value, "none", "it runs without, and would no longer serve all of its clients and members");
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
        refuse("persistent.adopt", true, `its member at ${address} is ${up ? state : "down"}`, "a ring that is whole"),
      );
  }
  const version = versionOf(wanted.image);
  const problem = podTemplate === "own" && version ? upgradeProblem(ring.versions, version) : undefined;
  if (problem)
    wrong.push(`${qualifiedPropertyName("image")}: "${wanted.image}" is not allowed for ring ${args.name}: ${problem}`);
  return [...new Set(wrong)];
}

/** The edit in a sentence; empty where others tell it. */
function describeAdoption({ name }: AdoptionArgs, was: State | undefined, wanted: State, { set, ring }: Found): string {
  if (!set) return "";
  const rolls =
    `members restart one at a time with this program's own pod template, ${name}-${set.spec!.replicas! - 1} first; each comes back to ` +
    "its volume as the member that it is";
  if (was) return wanted.podTemplate === "own" && was.podTemplate === "kept" ? `podTemplate kept -> own: ${rolls}` : "";
  return (
    `StatefulSet ${name} and its ${ring?.members.length} members are taken over: no row is touched, its pods stay as they are, and ` +
    "none restarts; from now on a member moves its rows to the others before it leaves"
  );
}
