import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { scripts } from "./runScript";

describe("ring_record.read", () => {
  const reading = (data: Record<string, string>, pods?: string) => {
    const program = [
      "import sys, json",
      "sys.path.insert(0, sys.argv[1])",
      "import ring_record",
      'ring_record.request = lambda path, *_: {"metadata": {"resourceVersion": "1"}, "data": json.load(sys.stdin)}',
      'ring_record.path = lambda: "/record"',
      "try: print(ring_record.read()[1])",
      "except ring_record.NoAnswer as error: print(error)",
    ].join("\n");
    const env = {
      PATH: process.env.PATH,
      RING_MEMBER: "b",
      POD_IP: "10.0.0.99",
      ...(pods && { POD_IDENTITY: pods }),
    };
    return spawnSync("python3", ["-B", "-c", program, scripts], {
      input: JSON.stringify(data),
      encoding: "utf8",
      env,
    }).stdout;
  };

  it("is refused with values that no pod has written, for keys that pods write", () => {
    const refused = /^the ring record has .*, which no pod writes$/m;
    assert.match(reading({ forming: "cassandra-0 cassandra-1" }, "ordinal"), refused);
    assert.match(reading({ forming: "x[$(id)]" }), refused);
    assert.match(reading({ forming: "\u0663" }, "ordinal"), refused);
    assert.match(reading({ superuser: "admin; rm" }), refused);
    assert.match(reading({ moving: "--force joins" }), refused);
    assert.match(reading({ "repair.a": "$(id)" }), refused);
    const right = {
      forming: "3",
      a: "empty",
      b: "left uid",
      c: "70000000-0000-4000-8000-000000000000 10.0.0.1",
      moving: "a joins",
    };
    assert.match(reading(right, "ordinal"), /^\{'forming': '3'/);
    assert.match(reading({ ...right, forming: "a b-1" }), /^\{'forming': 'a b-1'/);
  });

  it("leaves out what is nobody's entry, and the line break that an editor has added", () => {
    for (const entry of [
      "--force 1.2.3.4",
      "$(id) 1.2.3.4",
      "left\nuid",
      "a note\nof two lines",
      "id 10.0.0.1",
      "\u00fcber",
    ])
      assert.equal(reading({ a: entry, b: "empty\n", note: "" }), "{'b': 'empty'}\n", entry);
  });
});
