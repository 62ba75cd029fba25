import { killPods } from "../steps/killPods";
import { RingEvent } from "./ringEvent";

export const memberKilled: RingEvent = {
  title: "a member killed (-9)",
  planned: false,
  run: async (scene) => killPods(scene, [(await scene.stack.pods())[1]]),
};
