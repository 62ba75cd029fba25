import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { propertyName, settingOf, usePropertyNames } from "../../../../components/engine/propertyNames";
import { configKeys } from "../../../../config/propertyNames";

describe("names of properties in messages", () => {
  afterEach(() => usePropertyNames());

  it("are those of the args for a program with components of its own", () => {
    assert.equal(propertyName("adopt", "persistent"), "adopt");
    assert.equal(settingOf("replicas", 4), "`replicas: 4` in the program");
  });

  it("are config keys for who edits the stack's config", () => {
    usePropertyNames(configKeys);
    const project = pulumi.getProject();
    assert.equal(propertyName("replicas"), `${project}:replicas`);
    assert.equal(propertyName("adopt", "persistent"), `${project}:persistent.adopt`);
    assert.equal(settingOf("replicas", 4), "`pulumi config set replicas 4`");
    assert.equal(configKeys.anotherRing("daemon"), `another ring (${project}:daemon.name)`);
  });
});
