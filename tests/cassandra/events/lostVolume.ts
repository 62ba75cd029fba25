import { replaceMember } from "../steps/replaceMember";
import { RingEvent } from "./ringEvent";

export const lostVolume: RingEvent = {
  title: "a volume lost",
  planned: false,
  losesDisk: true,
  run: (scene) => replaceMember(scene, 1),
};
