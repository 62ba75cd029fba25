import type { KubernetesObject, V1OwnerReference, V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { apiErrorKind } from "../kubernetes/apiErrors";
import { parseStatus, parseStreams, RingMember } from "./nodetool";
import { hostIdIn, RecordEntries, timeEntry } from "./record";
import { PodView, RingPods } from "./ringPods";

/** No member can be asked. */
export class NoMemberServesError extends Error {
  /** @param isStarting whether a container runs, whose member may serve soon */
  constructor(
    message: string,
    readonly isStarting: boolean,
  ) {
    super(message);
  }
}

/** Asks members by nodetool, and writes the ring record for pods that do not write it themselves. */
export class RingQueries extends RingPods {
  /** Pods whose members can answer. @throws {NoMemberServesError} if none serves */
  protected serving(pods: PodView[]): PodView[] {
    const serving = pods.filter(({ ready }) => ready);
    if (serving.length > 0) return serving;
    const isStarting = pods.some(({ running, ending }) => running && !ending);
    throw new NoMemberServesError(
      `ring ${this.ring.name}: no member serves, so the members cannot be listed`,
      isStarting,
    );
  }

  /** The answer of one of the pods. At most three are asked: a member that hangs does not answer, though its port is open. */
  protected runInAny(pods: PodView[], ...command: string[]): Promise<string> {
    const [first, ...others] = pods.slice(0, 3);
    const orElse = (answer: Promise<string>, { name }: PodView) =>
      answer.catch((error: Error) => {
        if (apiErrorKind(error) === "forbidden") throw error;
        return this.run(name, ...command);
      });
    return others.reduce(orElse, this.run(first.name, ...command));
  }

  /**
   * Members that the ring lists. If one does not list a member of the ring record, the others are asked as well: a member counts as removed
   * only where nobody lists it.
   */
  protected async listedBy(askers: PodView[], record: RecordEntries): Promise<RingMember[]> {
    const listed = parseStatus(await this.runInAny(askers, "nodetool", "status"));
    const isListed = (hostId: string) => listed.some((member) => member.hostId === hostId);
    const unlisted = Object.values(record)
      .flatMap((entry) => hostIdIn(entry) ?? [])
      .filter((hostId) => !isListed(hostId));
    if (unlisted.length === 0) return listed;
    const answers = await Promise.all(
      askers.slice(1).map(({ name }) => this.run(name, "nodetool", "status").then(parseStatus, () => [])),
    );
    const others = answers.flat().filter(({ hostId }) => !isListed(hostId));
    return [...listed, ...others.filter(({ hostId }, i) => others.findIndex((one) => one.hostId === hostId) === i)];
  }

  /**
   * Entries of the ring record for pods of the tutorials' template, which do not write it: who is a member, and who has left.
   * @returns entries that are missing or out of date
   */
  protected async unwritten(pods: PodView[], listed: RingMember[], record: RecordEntries): Promise<RecordEntries> {
    if (!this.ring.isAdopted) return {};
    const entries: RecordEntries = {};
    for (const { name, uid, address, running, keepsRecord } of pods) {
      if (keepsRecord || !running) continue;
      const member = listed.find((one) => one.address === address);
      if (member && member.state !== "joining") entries[name] = `${member.hostId} ${address}`;
      else if (!member && this.membersIn(record).includes(name)) {
        const { mode } = parseStreams(await this.run(name, "nodetool", "netstats"));
        if (mode === "DECOMMISSIONED") entries[name] = `left ${uid}`;
      }
    }
    return Object.fromEntries(Object.entries(entries).filter(([pod, entry]) => record[pod] !== entry));
  }

  /** Writes into the ring record what pods of the tutorials' template do not write. Does nothing if all pods write it. */
  async recordTutorialPods(): Promise<void> {
    if (!this.ring.isAdopted) return;
    const [pods, record, claims] = await Promise.all([this.pods(), this.record(), this.claims()]);
    const listed = parseStatus(await this.runInAny(this.serving(pods), "nodetool", "status"));
    const entries = await this.unwritten(pods, listed, record);
    if (Object.keys(entries).length === 0) return;
    const [name, { objects }] = await Promise.all([this.recordName(), this.cluster()]);
    // A strategic merge adds owners, and keeps the present ones.
    await objects.patch({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name,
        namespace: this.ring.namespace,
        // Kubernetes deletes the record with the last volume.
        ownerReferences: claims.map(ownerOf),
      },
      data: { formed: timeEntry(new Date()), ...record, ...entries },
    } as KubernetesObject);
  }
}

/** A PersistentVolumeClaim as an owner: Kubernetes deletes an object with the last of its owners. */
export function ownerOf({ metadata }: V1PersistentVolumeClaim): V1OwnerReference {
  return { apiVersion: "v1", kind: "PersistentVolumeClaim", name: metadata!.name!, uid: metadata!.uid! };
}
