import { Lab } from "../../lab/src/lab";
import { deployBase, testEdits } from "../review/edits";
import { inLab, Stack } from "../stack";

const minutes = 60_000;

describe("the review of an edit", function () {
  this.timeout(10 * minutes);
  let lab: Lab;

  inLab({ name: "preview", simulated: true }, (made) => {
    lab = made;
  });

  for (const folder of ["racks", "others"]) {
    describe(`of ${folder}`, () => {
      let stack: Stack;

      before(async () => {
        stack = await Stack.of(lab, folder);
        await deployBase(stack, folder);
      });
      after(() => stack.destroy());

      testEdits(folder, () => stack);
    });
  }
});
