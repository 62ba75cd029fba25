import type { KubeContext, Storage } from "../components/index";
import type { RingSnapshot } from "../components/operations/ringSnapshots";
import type { ComponentArgs } from "./componentArgs";
import type { Topology } from "./schema";

/** Config of a stack, checked and typed. Sizes stay Kubernetes quantities; the heap is in MiB. */
export interface StackConfig extends ComponentArgs {
  storage: Storage;
  storageClassName: string;
  namespace: string;
  createNamespace: boolean;
  /** Pod Security Standard that a namespace created by the stack enforces. */
  enforcedStandard: "restricted" | "privileged";
  acceptDataLoss: boolean;
  /** The Kubernetes cluster that the kubernetes provider uses. */
  cluster: KubeContext;
  /** Whether the kubernetes provider updates existing objects that are missing from the state, instead of failing. */
  takesOver: boolean;
  /** Facts of each ring for the stack's state. */
  facts: Partial<Record<Topology, RingSnapshot>>;
}
