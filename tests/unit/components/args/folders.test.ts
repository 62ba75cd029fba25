import * as assert from "node:assert/strict";
import { isOfSystem, overlap } from "../../../../components/args/folders";
import { refusals } from "../../../support/componentArgs";

describe("folders of nodes", () => {
  it("are the same, or in each other, however their paths are written", () => {
    for (const [one, other] of [
      ["/mnt/disk", "/mnt/disk/"],
      ["/d//1", "/d/1"],
      ["/d/1", "/d/1/x"],
      ["/d/1//x/", "/d//1"],
      ["/mnt///", "/mnt/disk"],
      ["/var/run/a", "/run/a"],
    ]) {
      assert.ok(overlap(one, other), `${one} ${other}`);
      assert.ok(overlap(other, one), `${other} ${one}`);
    }
    for (const [one, other] of [
      ["/d/1", "/d/10"],
      ["/d/1", "/d/2"],
      ["/d/1/x", "/d/1/y"],
      ["/D/1", "/d/1"],
    ])
      assert.ok(!overlap(one, other), `${one} ${other}`);
  });

  it("are the system's, or anybody's", () => {
    const system = [
      "/",
      "/etc",
      "/etc/",
      "/usr",
      "/proc/1",
      "/var/lib/kubelet",
      "/var/lib/kubelet/pods/x",
      "/dev/shm",
      "/root",
    ];
    const shared = [
      "/var",
      "/var/lib",
      "/var//lib/",
      "/run",
      "/var/run",
      "/tmp",
      "/var/run/containerd",
      "/var/log/ring",
    ];
    for (const path of [...system, ...shared]) assert.ok(isOfSystem(path), path);
    const free = [
      "/mnt",
      "/data",
      "/srv",
      "/opt",
      "/home",
      "/home/ring",
      "/var/lib/ring",
      "/var/lib/kubelets",
      "/tmp/a",
      "/etc2",
    ];
    for (const path of free) assert.ok(!isOfSystem(path), path);
  });

  it("are refused as args of components in the same way", () => {
    const disks = [
      { node: "n1", path: "/mnt/disk" },
      { path: "/mnt/disk/", node: "n1" },
      { node: "n2", path: "/mnt/disk" },
    ];
    const twice =
      'localVolumes: invalid value "{"path":"/mnt/disk/","node":"n1"}" beside /mnt/disk on the same node: must be another folder, ' +
      "neither in that one nor around it; two members would write into one";
    for (const component of ["PersistentCluster", "CockroachCluster"] as const)
      assert.deepEqual(refusals({ localVolumes: disks }, component), [twice], component);
    assert.match(
      refusals({ hostPath: "/usr/lib/ring" }, "DaemonCluster")[0],
      /^hostPath: invalid value "\/usr\/lib\/ring": must be none of the node's own folders, as one below \/mnt; its owner would/,
    );
    assert.deepEqual(refusals({ hostPath: "/var/lib/ring" }, "DaemonCluster"), []);
  });
});
