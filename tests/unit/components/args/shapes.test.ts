import * as assert from "node:assert/strict";
import { Args, refusals } from "../../../support/componentArgs";

describe("the values of single args", () => {
  it("are checked as config is: programs in other languages have no types", () => {
    const wrong = { replicas: 2.5, volumeSize: "10", memory: "1", name: "Ring", superuser: "cassandra", cpu: "none" };
    assert.deepEqual(refusals(wrong).sort(), [
      'cpu: invalid value "none": must be a Kubernetes quantity above zero, such as 500m or 2',
      'memory: invalid value "1": must be a Kubernetes quantity of at least 512Mi',
      'name: invalid value "Ring": must be a name of at most 47 lower-case letters, digits and dashes that starts with a letter',
      'replicas: invalid value "2.5": must be a whole number from 1 to 1000',
      'superuser: invalid value "cassandra": must be a lower-case letter, then lower-case letters, digits and ' +
        "underscores, at most 48; not cassandra",
      'volumeSize: invalid value "10": must be a Kubernetes quantity of at least 100Mi, such as 10Gi',
    ]);
  });

  it("leave room in names for what is made of them", () => {
    const name = "a".repeat(47);
    const named = (args: Args) => refusals({ name, ...args });
    assert.deepEqual(named({}), []);
    assert.match(named({ name: `${name}a` })[0], /^name: .* at most 47/);
    assert.match(
      named({ racks: ["zone-a", "b", "c"] })[0],
      /^racks: invalid value "zone-a": must be shorter; the name of StatefulSet a+-zone-a has more than 52/,
    );
    assert.match(refusals({ namespace: "a".repeat(64) })[0], /^namespace: .* at most 63/);
  });

  it("let nothing out of the places that they are written to", () => {
    for (const key of ["clusterName", "datacenter", "rack"])
      for (const value of ["it's", 'a"b', "a\nb", "a: b", "a#b", "$(POD_IP)", "`id`", "a;b", "a\\b", "", "a\u2028b"])
        assert.match(refusals({ [key]: value })[0], new RegExp(`^${key}: invalid value .*: must be `, "s"), value);
    for (const value of [
      "it's me now",
      "short",
      "a".repeat(129),
      "correct\nhorse",
      "correct horse",
      "$(id)-long",
      '"quoted"',
    ])
      assert.match(
        refusals({ superuserPassword: value })[0],
        /^superuserPassword: invalid value "\[secret\]": must be 8 to/,
      );
    for (const path of ["/", "mnt", "/..", "/mnt/..", "/./", "/mnt/../..", "/."])
      assert.match(refusals({ hostPath: path }, "DaemonCluster")[0], /^hostPath: /, path);
    assert.deepEqual(refusals({ hostPath: "/mnt/.ring/..data" }, "DaemonCluster"), []);
  });
});
