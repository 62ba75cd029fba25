import { Lab } from "../../lab/src/lab";
import { inLab } from "../support/stack";
import { changes } from "./plugins/changes";
import { existing } from "./plugins/existing";
import { others } from "./plugins/others";
import { passwords } from "./plugins/passwords";
import { refusals } from "./plugins/refusals";
import { waits } from "./plugins/waits";

const minutes = 60_000;

// What this repository relies on in them. A lab that cannot download them has stand-ins, which must not differ in this.
describe("the kubernetes and random plugins", function () {
  this.timeout(5 * minutes);
  let lab: Lab;

  inLab({ name: "plugins", simulated: true }, (made) => {
    lab = made;
  });

  for (const subject of [changes, existing, others, refusals, waits, passwords]) subject(() => lab);
});
