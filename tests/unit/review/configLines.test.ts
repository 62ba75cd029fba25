import * as assert from "node:assert/strict";
import { configChanges, PastConfig } from "../../../review/configLines";

describe("lines of a stack file", () => {
  const file = 'config:\n  cassandra:replicas: 5\n  "cassandra:image": x\n  cassandra:ephemeral:\n    replicas: 2\n';
  const past = (entries: Record<string, string>, secrets: string[] = []): PastConfig =>
    Object.fromEntries<PastConfig[string]>([
      ...Object.entries(entries).map(([key, value]) => [key, { value, secret: false }] as const),
      ...secrets.map((key) => [key, { secret: true }] as const),
    ]);

  it("are those that set what is not what it was", () => {
    const before = {
      "cassandra:replicas": "3",
      "cassandra:cpu": "1",
      "cassandra:image": "x",
      "cassandra:ephemeral": '{"replicas":1}',
    };
    const after = { "cassandra:replicas": "5", "cassandra:image": "x", "cassandra:ephemeral": '{"replicas":2}' };
    assert.deepEqual(configChanges(past(before), after, file), [
      { key: "cassandra:replicas", line: 2, before: "3", after: "5" },
      { key: "cassandra:ephemeral.replicas", line: 5, before: "1", after: "2" },
      { key: "cassandra:cpu", before: "1" },
    ]);
  });

  it("show no secret, even one in plain text", () => {
    const after = { "cassandra:cassandraYaml": "[secret]", "cassandra:superuserPassword": "hunter2-hunter2" };
    const before = past({ "cassandra:superuserPassword": "" }, ["cassandra:cassandraYaml"]);
    const changes = configChanges(before, after, file);
    assert.deepEqual(changes, [{ key: "cassandra:superuserPassword", before: "", after: "[secret]" }]);
    // Nor the other side of one that is or becomes a secret.
    const yaml = past({ "cassandra:cassandraYaml": '{"a":"hunter2"}' });
    assert.deepEqual(configChanges(yaml, { "cassandra:cassandraYaml": "[secret]" }, file), [
      { key: "cassandra:cassandraYaml", before: "[secret]", after: "[secret]" },
    ]);
    assert.deepEqual(configChanges(past({}, ["cassandra:image"]), { "cassandra:image": "hunter2" }, file), [
      { key: "cassandra:image", line: 3, before: "[secret]", after: "[secret]" },
    ]);
  });

  it("tell nothing of a secret in an object, and of the values beside it that they cannot be compared", () => {
    const after = {
      "cassandra:persistent": '{"replicas":5,"superuserPassword":"[secret]","tolerations":["[secret]"]}',
    };
    assert.deepEqual(configChanges(past({}, ["cassandra:persistent"]), after, file), [
      { key: "cassandra:persistent.replicas", before: "[secret]", after: "5" },
    ]);
    const alone = { "cassandra:cassandraYaml": '{"audit":{"key":"[secret]"}}' };
    assert.deepEqual(configChanges(past({}, ["cassandra:cassandraYaml"]), alone, file), []);
    // Where no part is a secret any more, all of it may have been one.
    const open = { "cassandra:ephemeral": '{"replicas":5}' };
    assert.deepEqual(configChanges(past({}, ["cassandra:ephemeral"]), open, file), [
      { key: "cassandra:ephemeral", line: 4, before: "[secret]", after: "[secret]" },
    ]);
    assert.deepEqual(configChanges(past({}, ["cassandra:ephemeral"]), {}, file), [
      { key: "cassandra:ephemeral", line: 4, before: "[secret]" },
    ]);
  });

  it("show what changes beside a value that becomes a secret, and neither side of that", () => {
    const before = past({ "cassandra:ephemeral": '{"replicas":1,"superuserPassword":"hunter2","image":"hunter3"}' });
    const after = { "cassandra:ephemeral": '{"replicas":2,"superuserPassword":"[secret]","image":"[secret]"}' };
    assert.deepEqual(configChanges(before, after, file), [
      { key: "cassandra:ephemeral.image", line: 4, before: "[secret]", after: "[secret]" },
      { key: "cassandra:ephemeral.superuserPassword", line: 4, before: "[secret]", after: "[secret]" },
      { key: "cassandra:ephemeral.replicas", line: 5, before: "1", after: "2" },
    ]);
    const list = past({ "cassandra:jvmOptions": '["hunter2"]' });
    assert.deepEqual(configChanges(list, { "cassandra:jvmOptions": '["[secret]"]' }, file), [
      { key: "cassandra:jvmOptions", before: "[secret]", after: "[secret]" },
    ]);
  });

  it("show no secret of an object that is new, that is gone or that was a text", () => {
    const value = '{"replicas":3,"superuserPassword":"hunter2"}';
    const masks = '{"replicas":3,"superuserPassword":"[secret]"}';
    const key = "cassandra:persistent";
    assert.deepEqual(configChanges({}, { [key]: value }, file), [{ key, after: masks }]);
    assert.deepEqual(configChanges(past({ [key]: value }), {}, file), [{ key, before: masks }]);
    assert.deepEqual(configChanges(past({ [key]: "" }), { [key]: value }, file), [{ key, before: "", after: masks }]);
    const nested = configChanges(past({ [key]: "{}" }), { [key]: `{"pod":${value}}` }, file);
    assert.deepEqual(nested, [{ key: `${key}.pod`, after: masks }]);
    const other = configChanges(past({ [key]: value }), { [key]: value.replace("hunter2", "hunter3") }, file);
    assert.deepEqual(other, [{ key: `${key}.superuserPassword`, before: "[secret]", after: "[secret]" }]);
  });
});
