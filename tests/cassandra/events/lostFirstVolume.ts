import { replaceMember } from "../steps/replaceMember";
import { RingEvent } from "./ringEvent";

export const lostFirstVolume: RingEvent = {
  title: "the volume of the first seed lost",
  planned: false,
  losesDisk: true,
  run: (scene) => replaceMember(scene, 0),
};
