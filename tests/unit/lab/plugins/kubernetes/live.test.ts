import assert from "node:assert/strict";
import { liveInputs, withLive } from "../../../../../lab/plugins/kubernetes/live";
import { at, hasUnknown, plain, secret, secretsLike } from "../../../../../lab/plugins/values";
import { object } from "./object";

describe("the kubernetes stand-in: live objects", () => {
  it("shows the live values of the fields that the program set, and no others", () => {
    const inputs = {
      metadata: { labels: { a: "1", b: "2" }, annotations: {} },
      spec: {
        replicas: 3,
        publish: false,
        args: ["x"],
        containers: [{ name: "main", env: [{ name: "E", value: "" }], resources: { requests: { cpu: "1000m" } } }],
      },
    };
    const live = object("apps/v1", "StatefulSet", {
      metadata: { uid: "1", labels: { a: "1", b: "changed", c: "new" } },
      spec: {
        replicas: 2,
        args: ["x", "y"],
        defaulted: true,
        containers: [
          { name: "injected" },
          { name: "main", env: [{ name: "E" }], resources: { requests: { cpu: "1" } }, image: "i" },
        ],
      },
    });
    assert.deepEqual(liveInputs(live, inputs), {
      metadata: { labels: { a: "1", b: "changed" }, annotations: {} },
      spec: { ...inputs.spec, replicas: 2, args: ["x", "y"] },
    });
  });

  it("sees a changed text of a Secret through its base64", () => {
    const live = object("v1", "Secret", { data: { a: Buffer.from("new").toString("base64") } });
    assert.deepEqual(liveInputs(live, { stringData: { a: "old" } }), { stringData: { a: "new" } });
  });

  it("keeps what is live where changes are ignored", () => {
    const wanted = object("apps/v1", "Deployment", { spec: { replicas: 1, paused: true } });
    const live = object("apps/v1", "Deployment", { spec: { replicas: 5, paused: false, other: 1 } });
    assert.deepEqual(withLive(wanted, live, ["spec.replicas", "spec.other", "metadata.annotations"]).spec, {
      replicas: 5,
      paused: true,
    });
  });

  it("finds values at a path, or takes the fallback", () => {
    assert.equal(at({ a: { b: 1 } }, "a.b", 0), 1);
    assert.equal(at({ a: null }, "a.b", 2), 2);
  });

  it("keeps secrets marked and finds what is unknown", () => {
    const marked = { password: secret("a"), list: [secret("b")] };
    assert.deepEqual(plain(marked), { password: "a", list: ["b"] });
    assert.deepEqual(secretsLike({ password: "c", other: "d", list: ["b", "e"] }, marked), {
      password: secret("c"),
      other: "d",
      list: [secret("b"), "e"],
    });
    assert.ok(hasUnknown({ a: ["04da6b54-80e4-46f7-96ec-b56ff0331ba9"] }));
    assert.ok(!hasUnknown({ a: ["b"] }));
  });
});
