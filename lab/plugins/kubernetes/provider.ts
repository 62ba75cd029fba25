import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import * as server from "../providerServer";
import { tell } from "../rpc";
import { at, hasUnknown, isObject, plain, secretsLike, Values } from "../values";
import { readinessRuleOf } from "./readinessRules";
import { ApiError, Cluster } from "./cluster";
import { changesBetween, written } from "./diff";
import { isSameQuantity, liveInputs, takenFromKubectl, withLive } from "./live";
import * as objects from "./objects";
import { otherCluster } from "./otherCluster";
import { KubeObject } from "./objects";
import { identityPaths, replacingPaths, touches } from "./replacements";
import { readinessOf, waitForDeletion, WaitOptions, waitForReady } from "./waitForReady";

/** Keys that the official plugin keeps in the state, so that it may take over a stack, and the reverse. */
const managerKey = "__fieldManager";
const inputsKey = "__inputs";

const annotationOf = ({ metadata }: KubeObject, name: string): string | undefined =>
  metadata.annotations?.[`pulumi.com/${name}`];

const isAwaited = (object: KubeObject, { type }: server.Subject): boolean =>
  !objects.isPatch(type) && readinessRuleOf(object) !== undefined && annotationOf(object, "skipAwait") !== "true";

/** A field manager per resource, so that two programs on one object are seen to conflict. */
function managerOf(object: KubeObject, { oldState }: server.Subject): string {
  const kept = oldState[managerKey] as string | undefined;
  return annotationOf(object, "patchFieldManager") ?? kept ?? `pulumi-kubernetes-${randomBytes(4).toString("hex")}`;
}

function stateOf(live: KubeObject, { inputs }: { inputs: Values }, manager: string): Values {
  const state = secretsLike(objects.valuesOf(live), inputs) as Values;
  // The API server keeps the text of `stringData` as base64 in `data`.
  if (live.kind === "Secret" && inputs.stringData) state.data = secretsLike(state.data, inputs.stringData);
  return { ...state, [inputsKey]: inputs, [managerKey]: manager };
}

/** A stand-in for the official `kubernetes` plugin of the version that the installed SDK asks for. */
class Kubernetes implements server.Provider {
  readonly version = (createRequire(__filename)("@pulumi/kubernetes/package.json") as { version: string }).version;
  private readonly cancelled = new AbortController();
  private cluster!: Cluster;
  private namespace = "default";
  private mutable = { configMaps: false, secrets: false };
  private takesOver = false;
  private forces = false;

  async configure(args: Values): Promise<void> {
    const config = plain(args) as Record<string, string | undefined>;
    const isOn = (key: string, variable: string): boolean =>
      (config[key] ?? process.env[`PULUMI_K8S_${variable}`]) === "true";
    tell(`a stand-in for the official kubernetes plugin ${this.version} is in use`);
    const { kubeconfig, context, cluster } = config;
    this.cluster = await Cluster.connect({ kubeconfig, context, cluster });
    this.namespace = config.namespace || this.cluster.namespace || "default";
    this.mutable = {
      configMaps: isOn("enableConfigMapMutable", "ENABLE_CONFIGMAP_MUTABLE"),
      secrets: isOn("enableSecretMutable", "ENABLE_SECRET_MUTABLE"),
    };
    this.takesOver = isOn("upsertExistingObjects", "UPSERT_EXISTING_OBJECTS");
    this.forces = isOn("enablePatchForce", "ENABLE_PATCH_FORCE");
  }

  replacedBy(before: Values, after: Values): Promise<string[]> {
    return otherCluster(plain(before), plain(after));
  }

  async check(subject: server.CheckSubject): Promise<Values> {
    const { metadata } = subject.inputs;
    if (metadata && !isObject(plain(metadata))) return subject.inputs;
    let object = objects.withName(objects.objectOf(subject.inputs, subject.type), subject);
    // A kind that is yet to be defined is taken for a namespaced one, as most are.
    if (!object.metadata.namespace && (await this.cluster.served(object))?.namespaced !== false) {
      object = { ...object, metadata: { ...object.metadata, namespace: this.namespace } };
    }
    return secretsLike(objects.valuesOf(object), subject.inputs) as Values;
  }

  diff(subject: server.ChangeSubject): server.Diff {
    const before = objects.objectOf(subject.oldInputs, subject.type);
    const after = objects.objectOf(subject.inputs, subject.type);
    const rules = objects.isPatch(subject.type) ? identityPaths : replacingPaths(after, this.mutable);
    const real = changesBetween(before, after).filter((one) => !isSameQuantity(one.path, one.before, one.after));
    const changes = real.map((change) => {
      const replaces = rules.some((rule) => touches(rule, change.path, [change.before, change.after]));
      return [written(change.path), { kind: change.kind, replaces }] as const;
    });
    const isReplaced = changes.some(([, { replaces }]) => replaces);
    const isInTheWay = objects.isNamedByProgram(after) && objects.idOf(after) === subject.id;
    return { changes: new Map(changes), deleteBeforeReplace: isReplaced && isInTheWay };
  }

  async create(subject: server.ChangeSubject): Promise<{ id: string; state: Values }> {
    const object = objects.objectOf(subject.inputs, subject.type);
    const manager = managerOf(object, subject);
    if (subject.preview) return { id: "", state: await this.previewCreate(object, subject, manager) };
    const takesOver = this.takesOver || objects.isPatch(subject.type);
    if (!takesOver && (await this.cluster.get(object))) {
      throw new Error(
        `${object.kind} ${objects.idOf(object)} already exists: import it (\`pulumi import\`), delete it, or let it ` +
          "be taken over (`pulumi config set kubernetes:upsertExistingObjects true`)",
      );
    }
    const applied = await this.apply(object, subject, manager);
    if (object.kind === "CustomResourceDefinition") this.cluster.forgetKinds();
    return { id: objects.idOf(applied), state: await this.stateWhenReady(applied, subject, manager) };
  }

  private async previewCreate(object: KubeObject, subject: server.ChangeSubject, manager: string): Promise<Values> {
    if (await this.isUnforeseeable(object, subject)) return subject.inputs;
    try {
      const created = objects.isPatch(subject.type)
        ? await this.apply(object, subject, manager)
        : await this.cluster.tryCreate(object);
      return stateOf(objects.without(created, ["status"]), subject, manager);
    } catch (error) {
      // The namespace, or a pod's account, may be one that the same update makes, the object in the way one that it first
      // deletes, and whoever previews may not be allowed to write. Other objects that are missing are no excuse.
      const isTolerated = ({ reason, message }: ApiError) =>
        ["AlreadyExists", "Forbidden"].includes(reason) || (reason === "NotFound" && /^namespaces? /.test(message));
      if (error instanceof ApiError && isTolerated(error)) return subject.inputs;
      throw error;
    }
  }

  /** Inputs that are known only after other resources exist, and kinds not yet defined, cannot be tried. */
  private async isUnforeseeable(object: KubeObject, { inputs }: server.ChangeSubject): Promise<boolean> {
    return hasUnknown(inputs) || !(await this.cluster.served(object));
  }

  async read(subject: server.Subject): Promise<{ id: string; inputs: Values; state: Values } | undefined> {
    const metadata = objects.parseId(subject.id);
    const live = await this.cluster.get({ ...objects.kindOf(subject.type), metadata });
    if (!live) return undefined;
    const id = objects.idOf(live);
    const manager = managerOf(live, subject);
    const { oldInputs } = subject;
    if (Object.keys(oldInputs).length === 0) {
      const inputs = objects.inputsFromLive(live);
      return { id, inputs, state: stateOf(live, { inputs }, manager) };
    }
    const inputs = secretsLike(liveInputs(live, plain(oldInputs)), oldInputs) as Values;
    const state = stateOf(live, { inputs }, manager);
    const { reasons } = isAwaited(live, subject) ? await readinessOf(this.cluster, live) : { reasons: [] };
    if (reasons.length > 0) throw new server.NotReady(id, state, reasons, inputs);
    return { id, inputs, state };
  }

  async update(subject: server.ChangeSubject): Promise<Values> {
    const wanted = objects.objectOf(subject.inputs, subject.type);
    if (subject.preview && (await this.isUnforeseeable(wanted, subject))) return subject.inputs;
    const manager = managerOf(wanted, subject);
    const live = await this.ownedLive(wanted, subject, manager);
    try {
      const applied = await this.apply(withLive(wanted, live, subject.ignoreChanges), subject, manager);
      return subject.preview
        ? stateOf(applied, subject, manager)
        : await this.stateWhenReady(applied, subject, manager);
    } catch (error) {
      if (subject.preview && error instanceof ApiError && error.reason === "Forbidden") return subject.inputs;
      throw error;
    }
  }

  async delete(subject: server.ChangeSubject): Promise<void> {
    const object = objects.objectOf(subject.oldInputs, subject.type);
    const uid = at<string | undefined>(plain(subject.oldState), "metadata.uid", undefined);
    const target = { ...object, metadata: { ...objects.parseId(subject.id), uid } };
    if (objects.isPatch(subject.type)) {
      // Applying nothing gives up all the fields; the object stays.
      const { apiVersion, kind } = object;
      const nothing = { apiVersion, kind, metadata: objects.parseId(subject.id) };
      await this.apply(nothing, subject, managerOf(object, subject));
      return;
    }
    const policy = annotationOf(object, "deletionPropagationPolicy") ?? "foreground";
    await this.cluster.delete(target, policy[0].toUpperCase() + policy.slice(1).toLowerCase());
    if (annotationOf(object, "skipAwait") !== "true") {
      await waitForDeletion(this.cluster, target, this.waitOptions(object, subject));
    }
    tell("", subject.urn, true);
  }

  cancel(): void {
    this.cancelled.abort();
  }

  /** The live object, of which what kubectl has applied is the resource's own from now on. */
  private async ownedLive(wanted: KubeObject, subject: server.ChangeSubject, manager: string): Promise<KubeObject> {
    for (;;) {
      const live = await this.cluster.get({ ...wanted, metadata: objects.parseId(subject.id) });
      if (!live) throw new Error(`${wanted.kind} ${subject.id} is gone: run \`pulumi refresh\`, then try again`);
      const own = subject.preview || objects.isPatch(subject.type) ? undefined : takenFromKubectl(live, manager);
      if (!own) return live;
      try {
        return await this.cluster.setManagedFields(live, own);
      } catch (error) {
        // A controller wrote the object's status meanwhile, and owners are of one version of it: they are read again.
        if (!(error instanceof ApiError) || error.reason !== "Conflict") throw error;
      }
    }
  }

  private async apply(object: KubeObject, subject: server.ChangeSubject, manager: string): Promise<KubeObject> {
    const force = this.forces || annotationOf(object, "patchForce") === "true";
    const options = { manager, force, dryRun: subject.preview };
    try {
      return await this.cluster.apply(object, options);
    } catch (error) {
      if (!(error instanceof ApiError) || error.conflictingManagers.length === 0) throw error;
      throw new Error(
        `${error.message}\nRemove these fields from the program, or take them over with the annotation ` +
          'pulumi.com/patchForce: "true" or with `pulumi config set kubernetes:enablePatchForce true`',
      );
    }
  }

  private waitOptions(object: KubeObject, { urn, timeout }: server.ChangeSubject): WaitOptions {
    const seconds =
      timeout || Number(annotationOf(object, "timeoutSeconds")) || (readinessRuleOf(object)?.minutes ?? 10) * 60;
    return { timeout: seconds * 1000, signal: this.cancelled.signal, status: (line) => tell(line, urn, true) };
  }

  /** Waits until an applied object is ready and returns its state. @throws {NotReady} which keeps the state */
  private async stateWhenReady(applied: KubeObject, subject: server.ChangeSubject, manager: string): Promise<Values> {
    if (!isAwaited(applied, subject)) return stateOf(applied, subject, manager);
    // Whatever happens while waiting, the object exists: without its state, nobody would ever delete it.
    const { live, reasons } = await waitForReady(this.cluster, applied, this.waitOptions(applied, subject)).catch(
      (error: Error) => ({ live: applied, reasons: [error.message] }),
    );
    tell("", subject.urn, true);
    const state = stateOf(live, subject, manager);
    if (reasons.length > 0) throw new server.NotReady(objects.idOf(live), state, reasons);
    return state;
  }
}

export const main = (): void => server.serveProvider(new Kubernetes());
