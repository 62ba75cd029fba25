import * as assert from "node:assert/strict";
import { refusals } from "../../../support/componentArgs";

describe("args of components that do not fit each other", () => {
  it("are refused what protects nothing where clients do not log in, or nothing is encrypted", () => {
    assert.deepEqual(refusals({ clientCertificates: "required" }), [
      'clientCertificates: invalid value "required" while nothing is encrypted: needs tlsSecret',
    ]);
    assert.deepEqual(refusals({ clientCertificates: "required", tlsSecret: "mine" }), []);
    assert.deepEqual(refusals({ clientCertificates: "none" }), []);
    assert.deepEqual(refusals({ clientCertificates: "all" }), [
      'clientCertificates: invalid value "all": must be one of none, required',
    ]);
    assert.deepEqual(refusals({ certManager: {} }), [
      'certManager: invalid value "{}" while nothing is encrypted: needs tlsSecret',
    ]);
    assert.deepEqual(refusals({ certManager: { issuer: { kind: "Issuer", name: "mine" } }, tlsSecret: "mine" }), []);
    assert.match(refusals({ certManager: { issuer: { kind: "Issuer" } }, tlsSecret: "a" })[0], /^certManager: /);
    assert.deepEqual(refusals({ auth: "none", superuserPassword: "correct-horse" }), [
      'superuserPassword: invalid value "[secret]" while auth is none: needs auth: password',
    ]);
  });

  it("hold no more members than racks can share, nor more than there are volumes made for", () => {
    const racks = ["a", "b", "c"];
    for (const replicas of [4, 1]) {
      assert.deepEqual(refusals({ racks, replicas }), [
        `replicas: invalid value "${replicas}" with the racks a, b, c: must be a multiple of 3`,
      ]);
    }
    for (const replicas of [-3, 0, 4.5, NaN, Infinity])
      assert.equal(
        refusals({ racks, replicas })[0],
        `replicas: invalid value "${replicas}": must be a whole number from 1 to 1000`,
      );
    assert.deepEqual(refusals({ racks, replicas: 6 }), []);
    const localVolumes = [{ node: "n1", path: "/mnt/a" }];
    assert.match(
      refusals({ localVolumes })[0],
      /^localVolumes: invalid value .* with 1 volumes for 3 replicas: must be a list/,
    );
    assert.deepEqual(refusals({ localVolumes, replicas: 1 }), []);
  });
});
