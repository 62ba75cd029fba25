import * as assert from "node:assert/strict";
import { pinnedVersion } from "../../lab/src/toolchain";
import { exceptions } from "./exceptions";
import { programs, render } from "./render";
import { Finding, prepareScanners, scan } from "./scanners";

const minutes = 60_000;

describe("what the scanners of the field say of the objects", function () {
  this.timeout(20 * minutes);
  const version = pinnedVersion("kubernetes").slice(1).split(".").slice(0, 2).join(".");
  const used = new Set<object>();

  const isMeant = ({ scanner, rule, object, says }: Finding) =>
    exceptions
      .filter((one) => one.scanner === scanner && one.rules.includes(rule))
      .filter((one) => (one.object ?? /./).test(object) && (one.says ?? /./).test(says))
      .map((one) => used.add(one)).length > 0;

  before(prepareScanners);

  for (const [name, program] of Object.entries(programs)) {
    it(`${name}: nothing that has no reason`, async () => {
      const objects = await render(program);
      assert.ok(objects.length > 0);
      const open = (await scan(objects, version)).filter((finding) => !isMeant(finding));
      assert.equal(open.map((finding) => Object.values(finding).join(" ")).join("\n"), "");
    });
  }

  it("have no exception that nothing needs", () => {
    assert.deepEqual(
      exceptions.filter((one) => !used.has(one)),
      [],
    );
  });

  it("find what is wrong", async () => {
    const careless = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "careless" },
      spec: { containers: [{ name: "a", image: "a:latest", securityContext: { privileged: true } }], restart: "Never" },
    };
    const found = new Set((await scan([careless], version)).map(({ scanner }) => scanner));
    assert.deepEqual([...found].sort(), ["checkov", "kube-score", "kubernetes-validate"]);
  });
});
