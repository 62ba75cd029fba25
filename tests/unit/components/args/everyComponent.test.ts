import * as assert from "node:assert/strict";
import { argsOf, components } from "../../../../components/args/argRules";
import * as foreign from "../../../../components/plugin";
import { podArgs } from "../../../support/args";
import { classes, linesOf, Make, right } from "../../../support/componentArgs";
import { record } from "../../../support/recorder";

describe("args of components", () => {
  it("are looked at by every component, before it makes anything", async () => {
    for (const component of components) {
      const all = await record(() => {
        const make = () => new classes[component]("c", { ...right[component], name: "No!" } as never);
        // The name is no arg of a KubernetesCluster.
        assert.match(linesOf(make).join("\n"), /^name: (invalid value "No!": |unknown argument; )/);
      });
      assert.deepEqual(all, [], component);
    }
    const wrong = { ...podArgs, jvmOptions: ["-Dcassandra.skip_sync=true"] };
    for (const component of components.filter((one) => "jvmOptions" in argsOf(one))) {
      const make = () => new classes[component]("c", { ...right[component], ...wrong } as never);
      const all = await record(() =>
        assert.throws(make, /invalid value "-Dcassandra\.skip_sync=true": must be left out/),
      );
      assert.deepEqual(all, [], component);
    }
  });

  it("are looked at by every component of the package", async () => {
    for (const [component, Foreign] of Object.entries(foreign as unknown as Record<string, Make>)) {
      const all = await record(() =>
        assert.match(linesOf(() => new Foreign("c", { replicas: "three" } as never)).join("\n"), /^name: missing; /m),
      );
      assert.deepEqual(all, [], component);
    }
  });
});
