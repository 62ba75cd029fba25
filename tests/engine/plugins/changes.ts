import * as assert from "node:assert/strict";
import { Lab } from "../../../lab/src/lab";
import type { Declaration } from "./index";
import { claimSpec, configMap, KubeList, KubeObject, statefulSet } from "./objects";
import { ProgramStack } from "./programStack";
import { isOlder } from "./versions";

interface Wanted {
  labels?: Record<string, string>;
  text?: string;
  storage?: string;
}

/** An object without a name, one with a name, and a set with claims. */
function program({ labels = {}, text = "one", storage = "1Gi" }: Wanted = {}): Declaration[] {
  const metadata = { labels: { test: "changes", ...labels } };
  const volumeClaimTemplates = [{ metadata: { name: "data" }, spec: claimSpec("standard", storage) }];
  return [
    configMap("unnamed", { text }, { ...metadata, name: undefined }),
    configMap("named", { text: "one" }, metadata),
    statefulSet("stored", { volumeClaimTemplates }, metadata),
  ];
}

export function changes(lab: () => Lab): void {
  describe("names and changes", () => {
    let stack: ProgramStack;

    /** The three objects, sorted by name: named, stored-set, unnamed-*. */
    const objects = async (): Promise<KubeObject[]> => {
      const { items } = await stack.get<KubeList>("configmaps,statefulsets", "-l", "test=changes");
      return items.sort((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1));
    };
    const names = (all: KubeObject[]) => all.map(({ metadata }) => metadata.name);
    const version = ({ metadata }: KubeObject) => metadata.resourceVersion;
    const uids = (all: KubeObject[]) => all.map(({ metadata }) => metadata.uid);

    /** In which order a resource's replacement was made and the original deleted, or would be. */
    const order = (printed: string, name: string): string[] => {
      const steps = printed.matchAll(new RegExp(` ${name} (created? replacement|deleted? original) `, "g"));
      return [...new Set([...steps].map(([, step]) => step))];
    };

    before(async () => {
      stack = await ProgramStack.of(lab(), "changes");
    });

    it("names an object for its logical name, with a random end, unless the program names it", async () => {
      stack.resources = program();
      await stack.up();
      const [named, stored, unnamed] = names(await objects());
      assert.deepEqual([named, stored], ["named", "stored-set"]);
      assert.match(unnamed, /^unnamed-[0-9a-f]{8}$/);
    });

    it("changes nothing when run again", async () => {
      // The set is left out: its controller may write its status at any time.
      const versions = ([named, , unnamed]: KubeObject[]) => [named, unnamed].map(version);
      const before = await objects();
      await stack.up("--expect-no-changes");
      assert.deepEqual(versions(await objects()), versions(before));
    });

    it("updates in place", async () => {
      const before = await objects();
      stack.resources = program({ labels: { edited: "yes" } });
      await stack.up();
      const after = await objects();
      assert.deepEqual(
        after.map(({ metadata }) => metadata.labels?.edited),
        ["yes", "yes", "yes"],
      );
      assert.deepEqual([names(after), uids(after)], [names(before), uids(before)]);
    });

    it("previews a replacement: first made if its random name changes, first deleted under a fixed name", async () => {
      stack.resources = program({ labels: { edited: "yes" }, text: "two", storage: "2Gi" });
      if (isOlder(lab())) {
        // It tries a create by applying it to what is there, which a set does not bear.
        assert.match(await stack.refused("preview"), /StatefulSet.apps "stored-set" is invalid: spec: Forbidden/);
        return;
      }
      const printed = await stack.pulumi("preview");
      assert.deepEqual(order(printed, "unnamed"), ["create replacement", "delete original"]);
      assert.deepEqual(order(printed, "stored"), ["delete original", "create replacement"]);
      assert.deepEqual(order(printed, "named"), []);
    });

    it("replaces in that order", async () => {
      const before = await objects();
      const printed = await stack.up();
      const after = await objects();
      assert.deepEqual(order(printed, "unnamed"), ["created replacement", "deleted original"]);
      assert.deepEqual(order(printed, "stored"), ["deleted original", "created replacement"]);
      assert.deepEqual(names(after).slice(0, 2), ["named", "stored-set"]);
      assert.match(names(after)[2], /^unnamed-[0-9a-f]{8}$/);
      assert.notEqual(names(after)[2], names(before)[2]);
      assert.equal(after[2].data?.text, "two");
      assert.equal(uids(after)[0], uids(before)[0]);
      assert.notEqual(uids(after)[1], uids(before)[1]);
    });
  });
}
