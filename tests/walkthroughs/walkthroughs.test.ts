import { Lab } from "../../lab/src/lab";
import { Guide } from "./guide";
import { walkthroughs } from "./walkthroughs";

const minutes = 60_000;

/** The short ones; the others are run by `npm run test:all`. */
const short = ["cockroachOnMinikube", "kubernetesV1"];

describe("the five walk-throughs, one after another in one lab", function () {
  this.timeout(25 * minutes);

  before(async () => {
    // What a run before this one left behind, if it was killed.
    await Lab.find("walkthrough").down({ delete: true });
  });

  after(async () => {
    await Lab.find("walkthrough").down({ delete: true });
  });

  for (const [name, { title, needs, steps }] of Object.entries(walkthroughs)) {
    describe(`${short.includes(name) ? "" : "@all "}${name}: ${title}`, function () {
      let guide: Guide;
      let lost = false;
      let told = "";

      before(async () => {
        guide = await Guide.prepare(needs, (text) => (told += text));
        await guide.clear();
      });

      // What was typed and seen in the step that failed, which its error alone does not tell.
      afterEach(function () {
        if (this.currentTest?.state === "failed") console.log(told);
        lost ||= this.currentTest?.state === "failed";
        told = "";
      });

      const follows = (title: string, run: () => Promise<void>) =>
        it(title, async function () {
          // Each step stands on the one before it.
          if (lost) this.skip();
          await run();
        });
      for (const step of steps) follows(step.title, () => step.run(guide));
      follows("nothing of it is left in the cluster", () => guide.seesNothingLeft());
    });
  }
});
