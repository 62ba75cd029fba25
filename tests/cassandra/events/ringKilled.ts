import { killPods } from "../steps/killPods";
import { RingEvent } from "./ringEvent";

export const ringKilled: RingEvent = {
  title: "the whole ring killed at once (-9)",
  planned: false,
  async run(scene) {
    await killPods(scene, await scene.stack.pods());
    scene.load.moved(await scene.addresses());
  },
};
