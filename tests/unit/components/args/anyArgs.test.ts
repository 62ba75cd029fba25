import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import * as assert from "node:assert/strict";
import { argsOf, components } from "../../../../components/args/argRules";
import { Args, classes, linesOf, refusals, right } from "../../../support/componentArgs";
import { record } from "../../../support/recorder";

describe("args of components", () => {
  describe("whatever they are", () => {
    const odd = fc.constantFrom<unknown>(
      NaN,
      Infinity,
      -0,
      null,
      undefined,
      10n,
      Symbol.iterator,
      () => 1,
      new Date(0),
      new Map(),
    );
    const cyclic: Args = {};
    cyclic.self = cyclic;
    const anything = fc.oneof(
      fc.jsonValue(),
      odd,
      fc.constantFrom<unknown>(cyclic, [cyclic], Object.create(null), [undefined], Array(2), { cidr: 1 }),
      fc.jsonValue().map((value) => pulumi.output(value)),
    );
    const anyArg = fc.constantFrom(...components).chain((component) =>
      fc.record({
        component: fc.constant(component),
        name: fc.constantFrom(...Object.keys(argsOf(component))),
        value: anything,
      }),
    );

    it("are right, or refused by their name, and never a TypeError", () => {
      const property = fc.property(
        fc.constantFrom(...components),
        fc.dictionary(fc.string(), anything),
        (component, others) => {
          const names = Object.keys(argsOf(component));
          const args = Object.fromEntries(
            Object.values(others).map((value, i) => [names[(i * 7) % names.length], value]),
          );
          const lines = refusals({ ...args, ...others }, component);
          for (const line of lines)
            assert.match(line, /: .*(must be |needs |missing|unknown key of |unknown argument; did you mean )/);
        },
      );
      fc.assert(property, { numRuns: 500 });
    });

    it("make a component, or nothing at all", async function () {
      this.timeout(60_000);
      const property = fc.asyncProperty(anyArg, async ({ component, name, value }) => {
        // The update would fail, in its own time; and of a way to take a Service over, only a call tells whether it is one.
        fc.pre(!(pulumi.Output.isInstance(value) && argsOf(component)[name].rule.endsWith("later")));
        fc.pre(!(typeof value === "function" && name === "takesOver"));
        let lines: string[] = [];
        const all = await record(() => {
          lines = linesOf(() => new classes[component]("c", { ...right[component], [name]: value } as never));
        });
        if (lines.length > 0) assert.deepEqual(all, []);
        else assert.ok(all.some(({ type }) => type === `cassandra:index:${component}`));
      });
      await fc.assert(property, { numRuns: 150 });
    });
  });
});
