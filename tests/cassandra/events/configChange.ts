import { rollMembers } from "../steps/rollMembers";
import { RingEvent } from "./ringEvent";

export const configChange: RingEvent = {
  title: "a change of configuration (heap)",
  planned: true,
  run: (scene) => rollMembers(scene, { maxHeap: "520M" }),
};
