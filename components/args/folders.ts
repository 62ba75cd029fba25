import { posix } from "node:path";
import type { LocalVolume } from "../objects/persistentVolumes";

/** Folders of a node's system, which with all that is in them are no place for a ring. */
const system = [
  "bin boot dev etc lib lib32 lib64 libx32 proc root sbin snap sys usr",
  "run/containerd run/credentials run/crio run/dbus run/docker run/flannel run/k3s run/lock run/netns run/systemd run/udev run/user",
  "var/cache var/db var/log var/mail var/spool",
  ...[
    "apt cloud cni containerd containers cri-dockerd crio dbus docker dpkg etcd k0s kubelet",
    "rancher rpm systemd",
  ].map((names) => names.replace(/\S+/g, "var/lib/$&")),
].flatMap((names) => names.split(" ").map((name) => `/${name}`));
/** Folders that others share: a ring may have one of its own in them. */
const shared = ["/", "/run", "/tmp", "/var", "/var/lib", "/var/tmp"];

/** A folder as its node knows it: `/mnt//disk/` is `/mnt/disk`. */
function folderOf(path: string): string {
  const folder = posix.normalize(path).replace(/(?<=.)\/$/, "");
  return folder.replace(/^\/var\/run(?=\/|$)/, "/run");
}

const isWithin = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}/`);

/** Whether two paths of one node are one folder, or one of them lies in the other. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [folderOf(one), folderOf(other)];
  return isWithin(a, b) || isWithin(b, a);
}

/** Whether a folder belongs to the system of its node, or is shared with others, who would lose it to another owner or group. */
export function isOfSystem(path: string): boolean {
  const folder = folderOf(path);
  return shared.includes(folder) || system.some((one) => isWithin(folder, one));
}

/** The first of some disks that a disk is, that it lies in or that lies in it. */
export const sameDisk = (disk: LocalVolume, others: LocalVolume[]): LocalVolume | undefined =>
  others.find(({ node, path }) => node === disk.node && overlap(path, disk.path));

/** The rule and the reason for folders that members have in common. */
export const apart = {
  rule: "must be another folder, neither in that one nor around it",
  reason: "two members would write into one",
};
/** The rule for folders that belong to nobody else. */
export const notOfSystem = "must be none of the node's own folders, as one below /mnt";
