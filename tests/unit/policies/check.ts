/** Objects as the policies see them, and what these say of them. */
import * as assert from "node:assert/strict";
import { KubeObject } from "../../../policies/objects";
import { rules } from "../../../policies/rules";

/** What a policy says of an object. @param live the one that is there */
export const check = (name: string, object: Partial<KubeObject>, live?: Partial<KubeObject>): string[] => {
  const rule = rules.find((one) => one.name === name);
  assert.ok(rule, `no rule ${name}`);
  return rule.check(
    { apiVersion: "v1", kind: "Pod", ...object },
    live && { apiVersion: "v1", kind: "StatefulSet", ...live },
  );
};

export const container = (rest: object) => ({
  name: "a",
  image: "a:1",
  resources: { limits: { memory: "1Gi" } },
  ...rest,
});
export const set = (spec: object, ...containers: object[]): Partial<KubeObject> => ({
  kind: "StatefulSet",
  metadata: { name: "ring" },
  spec: { template: { spec: { containers } }, ...spec },
});
