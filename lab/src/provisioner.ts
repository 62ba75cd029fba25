/**
 * A process that gives a claim a folder of this machine, as minikube's provisioner does, and takes the folder back when
 * the claim is gone. All nodes are on this machine, so a pod finds its data whichever node it comes to.
 *
 * Arguments: a kubeconfig, the folder of the volumes, and `every-class` to serve all provisioners' claims.
 */
import {
  CoreV1Api,
  KubeConfig,
  KubernetesObject,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  StorageV1Api,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1StorageClass,
} from "@kubernetes/client-node";
import { chmod, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hostpathProvisioner } from "./storage";
import { Watched, watched } from "./watched";

const provisionedBy = "pv.kubernetes.io/provisioned-by";
/** Set by Kubernetes once a claim is to be provisioned: no volume fits it, and a node is chosen if its class waits. */
const wantedFrom = "volume.kubernetes.io/storage-provisioner";

const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);

/** The volume for a claim, in a folder named after it. */
export function volumeFor(claim: V1PersistentVolumeClaim, cls: V1StorageClass, volumes: string): V1PersistentVolume {
  const { name, namespace, uid } = claim.metadata!;
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `pvc-${uid}`, annotations: { [provisionedBy]: cls.provisioner } },
    spec: {
      accessModes: claim.spec!.accessModes,
      capacity: { storage: claim.spec!.resources!.requests!.storage },
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid },
      hostPath: { path: join(volumes, `${namespace}-${name}-${uid}`) },
      mountOptions: cls.mountOptions,
      persistentVolumeReclaimPolicy: cls.reclaimPolicy,
      storageClassName: cls.metadata!.name,
      volumeMode: claim.spec!.volumeMode,
    },
  };
}

class Provisioner {
  private readonly core: CoreV1Api;
  private readonly claims: Watched<V1PersistentVolumeClaim>;
  private readonly classes: Watched<V1StorageClass>;
  private readonly volumes: Watched<V1PersistentVolume>;
  private due?: NodeJS.Timeout;
  private working: Promise<void> = Promise.resolve();

  constructor(
    config: KubeConfig,
    private readonly folder: string,
    private readonly everyClass: boolean,
  ) {
    const core = (this.core = config.makeApiClient(CoreV1Api));
    const storage = config.makeApiClient(StorageV1Api);
    const watch = <T extends KubernetesObject>(path: string, list: Parameters<typeof makeInformer<T>>[2]) =>
      watched(makeInformer<T>(config, path, list), () => this.soon());
    this.claims = watch("/api/v1/persistentvolumeclaims", () => core.listPersistentVolumeClaimForAllNamespaces());
    this.classes = watch("/apis/storage.k8s.io/v1/storageclasses", () => storage.listStorageClass());
    this.volumes = watch("/api/v1/persistentvolumes", () => core.listPersistentVolume());
  }

  /** Looks at everything once, shortly after a change, one look at a time. */
  private soon(): void {
    this.due ??= setTimeout(() => {
      this.due = undefined;
      this.working = this.working.then(() => this.reconcile()).catch((error) => this.retry(error));
    }, 20);
  }

  private retry(error: unknown): void {
    console.error(error);
    setTimeout(() => this.soon(), 1000);
  }

  private async reconcile(): Promise<void> {
    for (const claim of this.claims.list()) {
      const cls = this.classes.get(claim.spec?.storageClassName ?? "");
      if (cls && !claim.spec?.volumeName && this.serves(claim.metadata?.annotations?.[wantedFrom])) {
        await this.provision(claim, cls);
      }
      await this.grow(claim);
    }
    for (const volume of this.volumes.list()) {
      const released = volume.status?.phase === "Released" && !volume.metadata?.deletionTimestamp;
      const ours = this.serves(volume.metadata?.annotations?.[provisionedBy]);
      if (released && ours && volume.spec?.persistentVolumeReclaimPolicy === "Delete") await this.remove(volume);
    }
  }

  private serves(provisioner: string | undefined): boolean {
    return this.everyClass ? provisioner !== undefined : provisioner === hostpathProvisioner;
  }

  private async provision(claim: V1PersistentVolumeClaim, cls: V1StorageClass): Promise<void> {
    const volume = volumeFor(claim, cls, this.folder);
    if (this.volumes.get(volume.metadata!.name!)) return;
    const path = volume.spec!.hostPath!.path;
    await mkdir(path, { recursive: true });
    await chmod(path, 0o777);
    await this.core.createPersistentVolume({ body: volume }).catch(unlessStatus(409));
    console.log(`${volume.metadata!.name} for ${claim.metadata!.namespace}/${claim.metadata!.name}: ${path}`);
  }

  /** A folder has no size of its own: that a volume has grown only needs saying. */
  private async grow(claim: V1PersistentVolumeClaim): Promise<void> {
    const volume = this.volumes.get(claim.spec?.volumeName ?? "");
    const wanted = claim.spec?.resources?.requests?.storage;
    const held = claim.status?.capacity?.storage;
    if (!volume || !held || held === wanted || !this.serves(volume.metadata?.annotations?.[provisionedBy])) return;
    const { name, namespace } = claim.metadata as { name: string; namespace: string };
    const capacity = { storage: wanted };
    const status = { capacity };
    await this.core.patchPersistentVolume({ name: volume.metadata!.name!, body: { spec: { capacity } } }, merge);
    await this.core.patchNamespacedPersistentVolumeClaimStatus({ name, namespace, body: { status } }, merge);
    console.log(`${volume.metadata!.name} grown from ${held} to ${wanted}`);
  }

  private async remove(volume: V1PersistentVolume): Promise<void> {
    const path = volume.spec?.hostPath?.path ?? "";
    if (dirname(path) === this.folder) await rm(path, { recursive: true, force: true });
    await this.core.deletePersistentVolume({ name: volume.metadata!.name! }).catch(unlessStatus(404));
    console.log(`${volume.metadata!.name} deleted`);
  }
}

function unlessStatus(code: number): (error: Error & { code?: number }) => void {
  return (error) => {
    if (error.code !== code) throw error;
  };
}

if (require.main === module) {
  const [kubeconfig, folder, everyClass] = process.argv.slice(2);
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  new Provisioner(config, folder, everyClass !== undefined);
}
