import { Lab } from "../../lab/src/lab";
import { changes } from "./plugins/changes";
import { existing } from "./plugins/existing";
import { others } from "./plugins/others";
import { passwords } from "./plugins/passwords";
import { refusals } from "./plugins/refusals";
import { waits } from "./plugins/waits";

const minutes = 60_000;
const name = "plugins";

// What this repository relies on in them. A lab that cannot download them has stand-ins, which must not differ in this.
describe("the kubernetes and random plugins", function () {
  this.timeout(5 * minutes);
  let lab: Lab | undefined;

  before(async () => {
    // Its objects and stacks would be in the way, if a run before this one was killed.
    await Lab.find(name).down({ delete: true });
    lab = await Lab.up({ name, simulated: true });
  });

  after(async () => {
    await lab?.down({ delete: true });
  });

  for (const subject of [changes, existing, others, refusals, waits, passwords]) subject(() => lab!);
});
