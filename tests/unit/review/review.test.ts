import * as assert from "node:assert/strict";
import { readPreview } from "../../../review/events";
import { brief, differences } from "../../../review/fields";
import { prelude, says, secret, step, stream, summary, told as of, urn } from "./stream";

describe("the events of a preview", () => {
  it("tell what becomes of each resource, without its secrets", () => {
    const { changes } = readPreview(
      stream(
        prelude,
        step("delete-replaced", "kubernetes:core/v1:Secret", "b", { data: secret }),
        step("create-replacement", "kubernetes:core/v1:Secret", "b", { data: secret }, { data: { password: secret } }),
        step("same", "kubernetes:core/v1:Service", "a", {}, {}),
        summary(),
      ),
    );
    assert.deepEqual(
      changes.map(({ urn, what }) => [urn.split("::")[3], what]),
      [
        ["b", "replace"],
        ["a", "same"],
      ],
    );
    assert.deepEqual([changes[0].old, changes[0].new], [{ data: "[secret]" }, { data: { password: "[secret]" } }]);
  });

  it("tell what becomes of an imported object by the update that follows", () => {
    const type = "kubernetes:apps/v1:StatefulSet";
    const [live, updated] = [{ template: "theirs" }, { template: "theirs", minReadySeconds: 10 }];
    const { changes } = readPreview(
      stream(
        prelude,
        step("import", type, "a", undefined, { template: "ours" }),
        step("update", type, "a", live, updated),
        summary(),
      ),
    );
    assert.deepEqual(
      changes.map(({ what, old, new: wanted }) => [what, old, wanted]),
      [["import", live, updated]],
    );
  });

  it("tell of objects that are not what the last update made of them", () => {
    const looked = (...args: Parameters<typeof step>) => ({ resOutputsEvent: step(...args).resourcePreEvent });
    const { changes, drifts } = readPreview(
      stream(
        prelude,
        step("refresh", "kubernetes:core/v1:Service", "c", { a: 1 }, { a: 1 }),
        looked("refresh", "kubernetes:core/v1:Service", "c", { a: 1, b: secret }, { a: 2, b: secret }),
        looked("refresh", "kubernetes:core/v1:Namespace", "read", {}, { metadata: { name: "kube-system" } }),
        looked("refresh", "kubernetes:core/v1:Service", "b", { a: 1 }),
        looked("refresh", "kubernetes:core/v1:Service", "a", { a: 1 }, { a: 1 }),
        step("same", "kubernetes:core/v1:Service", "a", { a: 1 }, { a: 1 }),
        summary(),
      ),
    );
    assert.deepEqual(
      drifts.map(({ urn, was, live }) => [urn.split("::")[3], was, live]),
      [
        ["b", { a: 1 }, undefined],
        ["c", { a: 1, b: "[secret]" }, { a: 2, b: "[secret]" }],
      ],
    );
    assert.deepEqual(
      changes.map(({ what }) => what),
      ["same"],
    );
  });

  it("tell why an edit is refused, each reason once, without the engine's own words", () => {
    const why = 'before hook "guard" failed: cassandra:replicas: 2 is not allowed';
    const events = stream(
      prelude,
      says("error", `Preview failed: ${why}\n`),
      says("error", why),
      says("error", "preview failed"),
      says("info", "a tool at work"),
      says("info", "cassandra: one thing", urn("cassandra:index:PersistentCluster", "cassandra")),
      summary("failed"),
    );
    const { said, succeeded } = readPreview(events);
    assert.deepEqual(said.error, ["cassandra:replicas: 2 is not allowed"]);
    assert.deepEqual(said.info, ["cassandra: one thing"]);
    assert.equal(succeeded, false);
  });

  it("are none where the engine did not come so far", () => {
    assert.throws(() => readPreview("error: no stack named 'dev' found"), /the engine printed no events/);
    assert.equal(readPreview(stream(prelude)).succeeded, false, "a stream that breaks off");
  });
});

describe("fields that differ", () => {
  it("are told by the names of what they are in", () => {
    const env = (value: string) => ({
      env: [
        { name: "A", value: "1" },
        { name: "B", value },
      ],
      args: ["x", value],
    });
    assert.deepEqual(differences(env("2"), env("3")), [
      { path: "args", before: ["x", "2"], after: ["x", "3"] },
      { path: "env.B.value", before: "2", after: "3" },
    ]);
    assert.deepEqual(differences({ a: { b: 1 } }, {}), [{ path: "a", before: { b: 1 }, after: undefined }]);
    assert.deepEqual(differences({ a: [1, 2] }, { a: [1, 2] }), []);
    assert.deepEqual(differences({ file: '{"a": 1, "b": 2}' }, { file: '{"b": 3, "a": 1}' }), [
      { path: "file.b", before: 2, after: 3 },
    ]);
  });

  it("are short, whatever they hold", () => {
    assert.equal(brief("a\n  `b`"), "a 'b'");
    assert.equal(brief("cassandra-scripts-1a2b3c4d"), "cassandra-scripts-...");
    assert.equal(brief({ a: "x".repeat(100) }).length, 60);
  });
});

describe("the report", () => {
  it("says that nothing changes, or that nobody moves", () => {
    assert.match(of(step("same", "kubernetes:core/v1:Service", "a", {}, {}), summary()), /^Nothing changes\.$/m);
    const service = (port: number) => ({ metadata: { name: "shop" }, spec: { ports: [{ name: "cql", port }] } });
    const told = of(step("update", "kubernetes:core/v1:Service", "a", service(1), service(2)), summary());
    assert.match(told, /^\*\*No member of a ring moves or restarts\.\*\*$/m);
    assert.match(told, /^\| changed \| Service `shop` \| `spec.ports.cql.port`: `1` -> `2` \|$/m);
  });

  it("is the same whatever the order of the events", () => {
    const events = ["a", "b", "c"].map((name) => step("create", "kubernetes:core/v1:Service", name, undefined, {}));
    assert.equal(of(...events, summary()), of(...events.reverse(), summary()));
  });

  it("shows neither side of a field that is or becomes a secret", () => {
    const map = (data: unknown) => ({ metadata: { name: "m" }, data });
    const told = of(step("update", "kubernetes:core/v1:ConfigMap", "a", map("hunter2"), map(secret)), summary());
    assert.match(told, /^\| changed \| ConfigMap `m` \| `data`: the secret changes \|$/m);
    assert.doesNotMatch(told, /hunter2/);
    for (const [before, after] of [
      [
        ["--password", "hunter2"],
        ["--password", secret],
      ],
      [
        ["--password", secret],
        ["--password", "hunter2"],
      ],
      [["hunter2"], { a: secret }],
    ])
      assert.doesNotMatch(
        of(step("update", "kubernetes:core/v1:ConfigMap", "a", map(before), map(after)), summary()),
        /hunter2/,
      );
  });

  it("is cut where it is longer than a comment may be, with a word", () => {
    const many = Array.from({ length: 2000 }, (_, i) =>
      step("create", "kubernetes:core/v1:Service", `service-${i}`, undefined, { metadata: { name: `service-${i}` } }),
    );
    const told = of(...many, summary());
    assert.ok(told.length < 65_536);
    assert.match(told, /<\/details>\n\n\*\*Cut here: \d+ lines more, which `npm run review` prints\.\*\*\n$/);
  });
});
