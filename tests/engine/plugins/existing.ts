import * as assert from "node:assert/strict";
import { Lab } from "../../../lab/src/lab";
import { configMap, KubeObject } from "./objects";
import { ProgramStack } from "./programStack";
import { isOlder } from "./versions";

const ours = { ours: "1" };
const theirs = { theirs: "2" };

export function existing(lab: () => Lab): void {
  describe("objects that exist already", () => {
    const patch = (name: string) => configMap(name, ours, {}, { type: "kubernetes.core.v1.ConfigMapPatch" });
    const found = async (name: string) =>
      JSON.parse(await lab().kubectl(["get", "configmap", name, "-o", "json"])) as KubeObject;
    const makeByHand = (name: string) => lab().kubectl(["create", "configmap", name, "--from-literal=theirs=2"]);

    it("are changed by a patch, which makes them if need be and takes only its own fields along", async () => {
      const stack = await ProgramStack.of(lab(), "patches");
      await makeByHand("patched");
      const { metadata } = await found("patched");
      stack.resources = [patch("patched"), patch("missing")];
      await stack.up();
      assert.deepEqual((await found("patched")).data, { ...ours, ...theirs });
      const made = await found("missing");
      assert.deepEqual(made.data, ours);

      await lab().kubectl(["patch", "configmap", "missing", "-p", JSON.stringify({ data: theirs })]);
      await stack.destroy();
      for (const { uid, name } of [metadata, made.metadata]) {
        const left = await found(name);
        assert.equal(left.metadata.uid, uid);
        assert.deepEqual(left.data, theirs);
      }
    });

    it("can be imported, and are then managed as they are", async () => {
      const stack = await ProgramStack.of(lab(), "imports");
      await makeByHand("imported");
      const options = ["--yes", "--skip-preview", "--generate-code=false", "--protect=false"];
      await stack.pulumi("import", "kubernetes:core/v1:ConfigMap", "imported", "default/imported", ...options);
      stack.resources = [configMap("imported", theirs)];
      // The one that is built from its source has no schema, and reads of an object that it imports nothing but the metadata.
      if (isOlder(lab())) assert.match(await stack.pulumi("preview"), /ConfigMap imported replace/);
      else await stack.up("--expect-no-changes");
      await stack.destroy();
      await assert.rejects(found("imported"), /not found/);
    });

    describe("and are declared", () => {
      let stack: ProgramStack;
      let original: KubeObject;

      before(async () => {
        stack = await ProgramStack.of(lab(), "existing");
        await makeByHand("existing");
        original = await found("existing");
        stack.resources = [configMap("existing", ours)];
      });

      it("are refused, and left alone", async () => {
        if (isOlder(lab())) {
          // It takes over whatever it finds under the name, unasked.
          await stack.up();
          const after = await found("existing");
          assert.equal(after.metadata.uid, original.metadata.uid);
          assert.deepEqual(after.data, { ...ours, ...theirs });
          return;
        }
        assert.match(await stack.refused("up", "--yes", "--skip-preview"), /already exists/);
        assert.deepEqual(await found("existing"), original);
        assert.deepEqual(await stack.managed(), []);
      });

      it("are taken over if config says so", async () => {
        await stack.up("--config", "kubernetes:upsertExistingObjects=true");
        const after = await found("existing");
        assert.equal(after.metadata.uid, original.metadata.uid);
        assert.deepEqual(after.data, { ...ours, ...theirs });
        assert.deepEqual(await stack.managed(), ["existing"]);
      });
    });
  });
}
