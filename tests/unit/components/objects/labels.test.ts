import * as assert from "node:assert/strict";
import { labels, selectorLabels } from "../../../../components/objects/labels";

describe("labels", () => {
  const identity = { name: "cassandra", topology: "persistent" };

  it("select by name, instance and component alone", () => {
    assert.deepEqual(selectorLabels(identity), {
      "app.kubernetes.io/name": "cassandra",
      "app.kubernetes.io/instance": "cassandra",
      "app.kubernetes.io/component": "persistent",
    });
  });

  it("hold all that is selected by, and the tutorials' app label", () => {
    assert.deepEqual(labels(identity), {
      ...selectorLabels(identity),
      "app.kubernetes.io/managed-by": "pulumi",
      app: "cassandra",
    });
  });

  it("name another application than Cassandra where one runs", () => {
    const other = { name: "cockroachdb", topology: "persistent", application: "cockroachdb" };
    assert.equal(selectorLabels(other)["app.kubernetes.io/name"], "cockroachdb");
    assert.equal(labels(other).app, "cockroachdb");
  });

  it("differ between two topologies of one namespace", () => {
    const other = { name: "cassandra-ephemeral", topology: "ephemeral" };
    assert.notDeepEqual(selectorLabels(identity), selectorLabels(other));
  });
});
