import * as assert from "node:assert/strict";
import { isImage, isImageReference, isRegistry } from "../../../../components/args/imageReference";

const digest = `sha256:${"a1".repeat(32)}`;
const parsed = [
  "cassandra:5.0.9",
  "docker.io/library/cassandra:5.0.9",
  "localhost:5000/cassandra:5",
  "Registry.Example:5000/team/cassandra__x/y-z.w_v:A_b.c-1",
  "[fd00::1]:5000/cassandra:5",
  `corp.example/cassandra:5.0.9@${digest}`,
  `cassandra@${digest}`,
  `${"a".repeat(100)}/${"b".repeat(154)}:5`,
];
const refused = [
  "",
  "Cassandra:5.0.9",
  "docker.io/library/Cassandra:5.0.9",
  "https://corp.example/cassandra:5",
  "cassandra:5.0.9:1",
  "cassandra: 5.0.9",
  " cassandra:5.0.9",
  "cassandra:5.0.9\n",
  "corp.example//cassandra:5",
  "corp.example/cassandra/:5",
  "/cassandra:5",
  "corp.example/-cassandra:5",
  "corp.example/cassandra-:5",
  "corp.example/cass..andra:5",
  "corp.example/cass___andra:5",
  "corp.example:port/cassandra:5",
  "-corp.example/cassandra:5",
  "cassandra:.5",
  "cassandra:-5",
  `cassandra:${"a".repeat(129)}`,
  "cassandra@sha256:abc",
  `cassandra@${digest.toUpperCase()}`,
  `${"a".repeat(100)}/${"b".repeat(155)}:5`,
  `${"a1".repeat(32)}:5`,
  undefined,
  5,
];

describe("an image reference", () => {
  it("is what container runtimes can parse", () => {
    for (const one of parsed) assert.ok(isImageReference(one), one);
    for (const one of refused) assert.ok(!isImageReference(one), String(one));
    for (const one of ["agent", "agent:latest", "auto"]) assert.ok(isImageReference(one), one);
  });

  it("means one image where it has a digest, or a tag other than latest", () => {
    for (const one of parsed) assert.ok(isImage(one), one);
    for (const one of [...refused, "cassandra", "cassandra:latest", "localhost:5000/cassandra"])
      assert.ok(!isImage(one), String(one));
    assert.ok(isImage(`cassandra:latest@${digest}`));
  });

  it("may begin with a registry and a path", () => {
    for (const one of ["mirror.example", "mirror.example:5000/docker", "Mirror:5000", "docker/hub", "localhost"])
      assert.ok(isRegistry(one), one);
    for (const one of [
      "https://mirror.example",
      "mirror.example/",
      "mirror.example/Docker",
      "mirror example",
      "",
      undefined,
    ])
      assert.ok(!isRegistry(one), String(one));
  });
});
