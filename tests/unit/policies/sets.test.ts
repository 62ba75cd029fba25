import * as assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import * as path from "node:path";
import { growsByItself } from "../../../policies/objects";
import { check, container, set } from "./check";

describe("the policies about rings and sets", () => {
  it("want clients of a ring to log in", () => {
    const env = [{ name: "RING_NAME", value: "orders" }];
    const login = [...env, { name: "RING_SUPERUSER", value: "orders-superuser" }];
    assert.match(check("clients-log-in", set({}, container({ env })))[0], /^ring orders: .* take `auth: none` out/);
    assert.deepEqual(check("clients-log-in", set({}, container({ env: login }))), []);
    assert.deepEqual(check("clients-log-in", set({}, container({}))), [], "pods of other programs");
  });

  it("want as many members as a row has copies, over all racks", () => {
    const image = "docker.io/library/cassandra:5.0.9";
    assert.match(check("enough-members", set({ replicas: 2 }, container({ image })))[0], /use 3 members or more$/);
    assert.deepEqual(check("enough-members", set({ replicas: 3 }, container({ image }))), []);
    const env = [{ name: "RING_SETS", value: "ring-a ring-b ring-c" }];
    assert.deepEqual(check("enough-members", set({ replicas: 1 }, container({ image, env }))), []);
    assert.deepEqual(check("enough-members", set({ replicas: 1 }, container({}))), [], "other applications");
  });

  it("want a set to shrink and to change its image in two updates", () => {
    const [was, other] = [container({}), container({ image: "a:2" })];
    const edit = (wanted: object, there?: object) => check("one-change-at-a-time", wanted, there);
    assert.match(
      edit(set({ replicas: 2 }, other), set({ replicas: 3 }, was))[0],
      /^StatefulSet ring: 3 -> 2 replicas and/,
    );
    assert.deepEqual(edit(set({ replicas: 2 }, was), set({ replicas: 3 }, was)), []);
    assert.deepEqual(edit(set({ replicas: 4 }, other), set({ replicas: 3 }, was)), []);
    assert.deepEqual(edit(set({ replicas: 2 }, other)), [], "a set that is not there yet");
  });

  it("want no set deleted for the sake of its volumes", () => {
    const volumes = (storage: string, storageClassName?: string) =>
      set({
        volumeClaimTemplates: [
          { metadata: { name: "data" }, spec: { storageClassName, resources: { requests: { storage } } } },
        ],
      });
    const edit = (wanted: object, there?: object) => check("storage-stays", wanted, there);
    assert.match(
      edit(volumes("2Gi", "fast"), volumes("1Gi", "fast"))[0],
      /other volumeClaimTemplates delete the StatefulSet with all of its pods/,
    );
    assert.equal(edit(volumes("1Gi", "slow"), volumes("1Gi", "fast")).length, 1);
    assert.deepEqual(edit(volumes("1024Mi", "fast"), volumes("1Gi", "fast")), []);
    assert.deepEqual(edit(volumes("1Gi"), volumes("1Gi", "standard")), [], "the cluster's own choice");
    assert.deepEqual(edit(volumes("1Gi")), []);
  });

  it("advise what helps: no claim shrinks or changes its class", () => {
    const volumes = (storage: string, storageClassName: string, name = "data") =>
      set({
        volumeClaimTemplates: [
          { metadata: { name }, spec: { storageClassName, resources: { requests: { storage } } } },
        ],
      });
    const there = volumes("2Gi", "fast");
    assert.match(
      check("storage-stays", volumes("3Gi", "fast"), there)[0],
      /; expand .*--cascade=orphan` before this edit$/,
    );
    for (const wanted of [volumes("1Gi", "fast"), volumes("3Gi", "slow"), volumes("3Gi", "fast", "other"), set({})]) {
      const [line] = check("storage-stays", wanted, there);
      assert.match(line, /; undo the edit, and move the data to a StatefulSet of another name$/);
    }
  });

  it("leave sets alone whose component lets their volumes grow", () => {
    const components = path.join(__dirname, "../../../components");
    const growing = readdirSync(components, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(path.join(components, file), "utf8"))
      .filter((source) => source.includes("expandVolumesFirst(name, growth"))
      .map((source) => /"(cassandra:index:\w+)"/.exec(source)![1]);
    assert.equal(growing.length, 2);
    const urnOf = (type: string) => `urn:pulumi:dev::cassandra::${type}kubernetes:apps/v1:StatefulSet::ring`;
    for (const type of growing) assert.ok(growsByItself(urnOf(`${type}$`)), type);
    for (const type of ["", "my:own:PersistentCluster$", "cassandra:index:DaemonCluster$"])
      assert.ok(!growsByItself(urnOf(type)), type);
  });
});
