import * as assert from "node:assert/strict";
import { Lab } from "../../lab/src/lab";
import { deployBase, review, testEdits } from "../support/reviewEdits";
import { inLab, Stack } from "../support/stack";

const minutes = 60_000;

describe("the review of an edit", function () {
  this.timeout(10 * minutes);
  let lab: Lab;

  inLab({ name: "preview", simulated: true }, (made) => {
    lab = made;
  });

  // No case of racks is for `npm test`.
  for (const folder of ["@all racks", "others", "secrets"]) {
    describe(`of ${folder}`, () => {
      const name = folder.replace("@all ", "");
      let stack: Stack;

      before(async () => {
        stack = await Stack.of(lab, name);
        await deployBase(stack, name);
      });
      after(() => stack.destroy());

      testEdits(name, () => stack);
    });
  }

  it("tells by name and field what was changed by hand, which an update with a refresh sets back", async () => {
    const stack = await Stack.of(lab, "hand");
    stack.configure({ replicas: 2, storage: "minikube-hostpath" });
    await stack.up();
    const file = lab.stackFiles.file("hand");
    assert.match(await review(stack, file), /^Nothing changes\.$/m);

    await lab.kubectl(["patch", "statefulset", "cassandra", "--type=merge", "-p", '{"spec":{"minReadySeconds":3}}']);
    await lab.kubectl(["label", "service", "cassandra-client", "app=mine", "--overwrite"]);
    await lab.kubectl(["delete", "networkpolicy", "--all"]);
    const told = await review(stack, file);
    const [, lines] = /^#### Changed by hand .*\n\n((?:- .*\n)+)/m.exec(told) ?? [];
    assert.deepEqual(lines?.trim().split("\n"), [
      "- Service `cassandra-client`: `metadata.labels.app`: `cassandra` -> `mine`",
      "- StatefulSet `cassandra`: `spec.minReadySeconds`: `10` -> `3`",
      "- NetworkPolicy `cassandra`: deleted",
    ]);
    await stack.up("--refresh");
    assert.match(await review(stack, file), /^Nothing changes\.$/m);
    await stack.destroy();
  });
});
