import * as assert from "node:assert/strict";
import { versionOf, versionsOf } from "../../../../components/cassandra/version";
import { lacksProtection, unknownVersion } from "../../../../components/operations/upgrade";

describe("the version of Cassandra that an image holds", () => {
  it("is what the tag of the image begins with", () => {
    assert.deepEqual(versionOf("registry:5000/team/cassandra:4.1.9-jammy@sha256:" + "a".repeat(64)), {
      major: 4,
      minor: 1,
    });
    assert.equal(versionOf("registry:5000/cassandra@sha256:" + "a".repeat(64)), undefined);
    assert.deepEqual(versionOf("team/cassandra:v5.0.9"), { major: 5, minor: 0 });
    assert.equal(versionOf("cassandra:latest"), undefined);
  });

  it("is none that a tag with a date tells, whosever the image is", () => {
    for (const tag of ["2026.11", "26.11.1", "v24.11", "4.20261101", "5.0.20261101", "4.1.100-jammy"])
      for (const image of ["team/cassandra", "cassandra", "m.example/cassandra"])
        assert.equal(versionsOf(`${image}:${tag}`), undefined, `${image}:${tag}`);
  });

  it("is none that a company's own image counts by itself, but any that Cassandra's own image tells", () => {
    const own = [
      "mirror.example/team/cassandra",
      "team/cassandra",
      "m:5000/team/cassandra",
      "m.example/cassandra/db",
      "db",
    ];
    for (const image of own) {
      for (const tag of ["1.4.2", "v2.0", "7.1", "10.2.1", "3.2.1", "5.1", "4.2", "4.11.3"])
        assert.equal(versionOf(`${image}:${tag}`), undefined, `${image}:${tag}`);
      for (const tag of ["5", "1", "7-jammy"])
        assert.equal(versionsOf(`${image}:${tag}`), undefined, `${image}:${tag}`);
      for (const major of [3, 4, 5, 6])
        assert.deepEqual(versionOf(`${image}:${major}.0.1`), { major, minor: 0 }, image);
      for (const tag of ["4.1.99-jammy", "v4.1", "4.1.9.20261101"])
        assert.deepEqual(versionOf(`${image}:${tag}`), { major: 4, minor: 1 }, `${image}:${tag}`);
    }
    const official = [
      "cassandra",
      "library/cassandra",
      "docker.io/library/cassandra",
      "m.example/docker/library/cassandra",
    ];
    for (const image of [...official, "m:5000/cassandra", "localhost/cassandra", "m.example/cassandra"])
      for (const major of [1, 2, 7, 10]) {
        assert.deepEqual(versionOf(`${image}:${major}.4.2`), { major, minor: 4 }, image);
        assert.equal(versionsOf(`${image}:${major}-jammy`)?.newest.major, major, image);
      }
  });

  it("is not known to this program before 4.0, nor has login and encryption before 4.1", () => {
    for (const image of ["cassandra:3.11.19", "cassandra:2.2", "cassandra:3", "cassandra:1.4", "team/cassandra:3.11"]) {
      assert.match(
        unknownVersion(image) ?? "",
        /^Cassandra \d(\.\d+)? is too old for the scripts of this program$/,
        image,
      );
      assert.ok(lacksProtection(image), image);
    }
    for (const image of ["cassandra:4.0.18", "team/cassandra:4.0"]) assert.ok(lacksProtection(image), image);
    for (const image of ["cassandra:4", "cassandra:4.1", "cassandra:5.0", "team/cassandra:1.4.2", "team/cassandra:3"])
      assert.ok(!lacksProtection(image), image);
  });

  it("is not known to this program from 6 on, which 5.1 is another name of", () => {
    const six = [
      "cassandra:6",
      "m.example/library/cassandra:6-jammy",
      "team/cassandra:6.0",
      "cassandra:6.0-alpha1",
      "cassandra:10.2.1",
    ];
    for (const image of [...six, "cassandra:5.1", "cassandra:6.0.1@sha256:" + "a".repeat(64), "m:5000/cassandra:7"])
      assert.match(
        unknownVersion(image) ?? "",
        /^the cluster metadata service of Cassandra \d+(\.\d)? is not known/,
        image,
      );
    for (const image of [
      "cassandra:5.0.9",
      "cassandra:4.1",
      "cassandra:5",
      "c:10.2.1",
      "team/cassandra:1.4.2",
      "team/cassandra:7",
      "team/ring:7",
      "cassandra:trunk",
    ])
      assert.equal(unknownVersion(image), undefined, image);
    for (const image of ["cassandra@sha256:" + "6".repeat(64), "cassandra:2026.11", "m:6000/cassandra:5.0.9"])
      assert.equal(unknownVersion(image), undefined, image);
  });
});
