import assert from "node:assert/strict";
import { corefile } from "../../../lab/src/dns";
import { networkOf } from "../../../lab/src/network";
import { nodeLabels } from "../../../lab/src/node";
import { containerNetwork, kubelet } from "../../../lab/src/nodeConfig";
import { volumeFor } from "../../../lab/src/provisioner";

describe("nodes of the lab", () => {
  it("are in three zones in turn", () => {
    const zones = [1, 2, 3, 4].map((number) => nodeLabels(number)["topology.kubernetes.io/zone"]);
    assert.deepEqual(zones, ["zone-a", "zone-b", "zone-c", "zone-a"]);
  });

  it("give their pods addresses of their own range", () => {
    const { plugins } = containerNetwork(networkOf(0), 2) as { plugins: { type: string; ipam: object }[] };
    assert.equal(plugins[0].type, "ptp");
    assert.deepEqual(plugins[0].ipam, {
      type: "host-local",
      dataDir: "/run/cni",
      ranges: [[{ subnet: "10.244.2.0/24" }]],
      routes: [{ dst: "0.0.0.0/0" }],
    });
    const both = networkOf(0, { ipFamilies: ["IPv6", "IPv4"] });
    const { plugins: ofBoth } = containerNetwork(both, 2) as { plugins: { ipam: Record<string, unknown> }[] };
    assert.deepEqual(ofBoth[0].ipam.ranges, [[{ subnet: "fdca:5500:244:2::/64" }], [{ subnet: "10.244.2.0/24" }]]);
    assert.deepEqual(ofBoth[0].ipam.routes, [{ dst: "::/0" }, { dst: "0.0.0.0/0" }]);
  });

  it("keep containers in the lab's control group", () => {
    const files = { crt: "a.crt", key: "a.key", tokenKey: "t.key", tokenPublicKey: "t.pub" };
    const config = kubelet(networkOf(0), "node1", "lab/pods/node1", files, files) as Record<string, unknown>;
    assert.equal(config.cgroupRoot, "/lab/pods/node1");
    assert.equal(config.imageGCHighThresholdPercent, 100);
  });
});

describe("cluster DNS of the lab", () => {
  it("answers names of the cluster, and says of any other that it does not exist", () => {
    const text = corefile(networkOf(1), "client.json");
    assert.match(text, /^cluster\.local in-addr\.arpa \{\n {2}bind 10\.99\.1\.1\n/);
    assert.match(text, /ttl 1\n/);
    assert.match(text, /rcode NXDOMAIN/);
    assert.doesNotMatch(text, /forward|cache/);
    const other = corefile(networkOf(1, { ipFamilies: ["IPv6"], dnsDomain: "example.internal" }), "client.json");
    assert.match(other, /^example\.internal ip6\.arpa \{\n {2}bind fdca:5500:99:1::1\n/);
  });
});

describe("the provisioner of the lab", () => {
  it("gives a claim a folder of its name, with the class's rules", () => {
    const claim = {
      metadata: { name: "data-0", namespace: "ns", uid: "u1" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } }, volumeMode: "Filesystem" },
    };
    const cls = { metadata: { name: "fast" }, provisioner: "k8s.io/minikube-hostpath", reclaimPolicy: "Retain" };
    const { metadata, spec } = volumeFor(claim, cls, "/volumes");
    assert.equal(metadata?.name, "pvc-u1");
    assert.equal(metadata?.annotations?.["pv.kubernetes.io/provisioned-by"], "k8s.io/minikube-hostpath");
    assert.equal(spec?.hostPath?.path, "/volumes/ns-data-0-u1");
    assert.equal(spec?.persistentVolumeReclaimPolicy, "Retain");
    assert.deepEqual(spec?.capacity, { storage: "1Gi" });
    assert.equal(spec?.claimRef?.uid, "u1");
  });
});
