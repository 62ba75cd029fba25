import * as grpc from "@grpc/grpc-js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { isDeepStrictEqual } from "node:util";
import { serve, unary } from "./rpc";
import { Values } from "./values";

/** A resource as the engine names it: its URN and, once created, its id. */
export interface Subject {
  urn: string;
  /** The type token, such as `kubernetes:apps/v1:StatefulSet`. */
  type: string;
  /** The logical name. */
  name: string;
  id: string;
  /** What the program asked for last time, and the outputs kept in the state; empty when there was no last time. */
  oldInputs: Values;
  oldState: Values;
}

export interface CheckSubject extends Subject {
  inputs: Values;
  /** Same in preview and update, so that both find the same random name. */
  randomSeed: Uint8Array;
  /** What the `autonaming` configuration proposes, and whether it must, may or must not be used. */
  autonaming: { mode: "propose" | "enforce" | "disable"; proposed: string };
}

export interface ChangeSubject extends Subject {
  inputs: Values;
  /** True when nothing may change outside: find out what would be refused, and what would result. */
  preview: boolean;
  /** Seconds from `customTimeouts`; 0 when the program names none. */
  timeout: number;
  ignoreChanges: string[];
}

export type DiffKind = "add" | "update" | "delete";
export interface Diff {
  /** Property paths as the engine writes them: `spec.ports[0].port`. */
  changes: Map<string, { kind: DiffKind; replaces: boolean }>;
  deleteBeforeReplace: boolean;
}

/** What a resource plugin does, in plain values; each rejects with an Error whose message the user sees. */
export interface Provider {
  version: string;
  configure(args: Values): Promise<void>;
  /** Which of these settings of its own make it another provider, so that all its resources are replaced. @default none */
  replacedBy?(before: Values, after: Values): Promise<string[]>;
  check(subject: CheckSubject): Promise<Values>;
  diff(subject: ChangeSubject): Diff;
  create(subject: ChangeSubject): Promise<{ id: string; state: Values }>;
  /** Returns nothing when the resource is gone. */
  read(subject: Subject): Promise<{ id: string; inputs: Values; state: Values } | undefined>;
  update(subject: ChangeSubject): Promise<Values>;
  delete(subject: ChangeSubject): Promise<void>;
  cancel?(): void;
}

/** The resource exists, but did not become ready: the engine keeps it in the state and updates it next time. */
export class NotReady extends Error {
  readonly code = grpc.status.UNKNOWN;
  readonly metadata = new grpc.Metadata();
  constructor(id: string, state: Values, reasons: string[], inputs?: Values) {
    super(reasons[0]);
    const detail = new proto.ErrorResourceInitFailed().setId(id).setProperties(struct(state)).setReasonsList(reasons);
    if (inputs) detail.setInputs(struct(inputs));
    const packed = new Any();
    packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
    const status = new Status().setCode(this.code).setMessage(this.message).setDetailsList([packed]);
    this.metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  }
}

/** JSON drops what is undefined, for which a Struct has no place. */
const struct = (values: Values): Struct => Struct.fromJavaScript(JSON.parse(JSON.stringify(values)) as Values);
const values = (message: Struct | undefined): Values => message?.toJavaScript() ?? {};

interface Message {
  getUrn(): string;
  getType(): string;
  getName(): string;
  getId?(): string;
  getInputs?(): Struct | undefined;
  getOldInputs?(): Struct | undefined;
  getOlds?(): Struct | undefined;
  getNews?(): Struct | undefined;
  getProperties?(): Struct | undefined;
  getPreview?(): boolean;
  getTimeout?(): number;
  getIgnorechangesList?(): string[];
}

const subjectOf = (message: Message, oldInputs?: Struct, oldState?: Struct): Subject => ({
  urn: message.getUrn(),
  type: message.getType(),
  name: message.getName(),
  id: message.getId?.() ?? "",
  oldInputs: values(oldInputs),
  oldState: values(oldState),
});

const changeOf = (message: Message, inputs?: Struct, oldState?: Struct): ChangeSubject => ({
  ...subjectOf(message, message.getOldInputs?.(), oldState),
  inputs: values(inputs),
  preview: message.getPreview?.() ?? false,
  timeout: message.getTimeout?.() ?? 0,
  ignoreChanges: message.getIgnorechangesList?.() ?? [],
});

function diffResponse({ changes, deleteBeforeReplace }: Diff): proto.DiffResponse {
  const { PropertyDiff, DiffResponse } = proto;
  const kinds = {
    add: [PropertyDiff.Kind.ADD, PropertyDiff.Kind.ADD_REPLACE],
    update: [PropertyDiff.Kind.UPDATE, PropertyDiff.Kind.UPDATE_REPLACE],
    delete: [PropertyDiff.Kind.DELETE, PropertyDiff.Kind.DELETE_REPLACE],
  } as const;
  const { DIFF_SOME, DIFF_NONE } = DiffResponse.DiffChanges;
  const response = new DiffResponse().setHasdetaileddiff(true).setDeletebeforereplace(deleteBeforeReplace);
  response.setChanges(changes.size > 0 ? DIFF_SOME : DIFF_NONE);
  for (const [path, { kind, replaces }] of changes) {
    response.getDetaileddiffMap().set(path, new PropertyDiff().setKind(kinds[kind][replaces ? 1 : 0]));
    if (replaces) response.addReplaces(path);
  }
  return response;
}

/** Serves a provider to the engine that started this process. */
export function serveProvider(provider: Provider): void {
  const modes = ["propose", "enforce", "disable"] as const;
  serve(
    ResourceProviderService,
    {
      handshake: unary(() =>
        new proto.ProviderHandshakeResponse().setAcceptSecrets(true).setSupportsAutonamingConfiguration(true),
      ),
      getPluginInfo: unary(() => new PluginInfo().setVersion(provider.version)),
      getSchema: unary(() => {
        throw new Error("a stand-in plugin has no schema: run `pulumi import` with --generate-code=false");
      }),
      configure: unary(async (request: proto.ConfigureRequest) => {
        await provider.configure(values(request.getArgs()));
        const response = new proto.ConfigureResponse().setAcceptsecrets(true).setSupportspreview(true);
        return response.setSupportsAutonamingConfiguration(true);
      }),
      diffConfig: unary(async (request: proto.DiffRequest) => {
        const [before, after] = [values(request.getOlds()), values(request.getNews())];
        const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
          (key) => !isDeepStrictEqual(before[key], after[key]),
        );
        const { DIFF_SOME, DIFF_NONE } = proto.DiffResponse.DiffChanges;
        const response = new proto.DiffResponse().setChanges(changed.length > 0 ? DIFF_SOME : DIFF_NONE);
        const replaces = (await provider.replacedBy?.(before, after)) ?? [];
        return response.setDiffsList(changed).setReplacesList(replaces.filter((key) => changed.includes(key)));
      }),
      check: unary(async (request: proto.CheckRequest) => {
        const autonaming = request.getAutonaming();
        const inputs = await provider.check({
          ...subjectOf(request, request.getOlds()),
          inputs: values(request.getNews()),
          randomSeed: request.getRandomseed_asU8(),
          autonaming: { mode: modes[autonaming?.getMode() ?? 0], proposed: autonaming?.getProposedName() ?? "" },
        });
        return new proto.CheckResponse().setInputs(struct(inputs));
      }),
      diff: unary((request: proto.DiffRequest) =>
        diffResponse(provider.diff(changeOf(request, request.getNews(), request.getOlds()))),
      ),
      create: unary(async (request: proto.CreateRequest) => {
        const { id, state } = await provider.create(changeOf(request, request.getProperties()));
        return new proto.CreateResponse().setId(id).setProperties(struct(state));
      }),
      read: unary(async (request: proto.ReadRequest) => {
        const found = await provider.read(subjectOf(request, request.getInputs(), request.getProperties()));
        if (!found) return new proto.ReadResponse();
        const response = new proto.ReadResponse().setId(found.id).setInputs(struct(found.inputs));
        return response.setProperties(struct(found.state));
      }),
      update: unary(async (request: proto.UpdateRequest) => {
        const state = await provider.update(changeOf(request, request.getNews(), request.getOlds()));
        return new proto.UpdateResponse().setProperties(struct(state));
      }),
      delete: unary(async (request: proto.DeleteRequest) => {
        await provider.delete(changeOf(request, undefined, request.getProperties()));
        return new Empty();
      }),
    },
    () => provider.cancel?.(),
  );
}
