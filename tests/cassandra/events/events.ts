import { lostState, recreated, scaledByHand } from "./byHand";
import {
  changeOfMind,
  cutInDecommission,
  decommissionedByHand,
  decommissionedByHandAlone,
  recordOutOfReach,
} from "./cutOff";
import { failedDecommission } from "./failedDecommission";
import { killedInDecommission, killedInJoin } from "./killedEngine";
import { lostFirstVolume, lostFirstVolumeInSilence, lostNode, lostVolume } from "./lostDisks";
import { memberKilled, podDeleted, ringKilled, ringKilledBehindDns, twoEvictions } from "./lostPods";
import { RingEvent } from "./ringEvent";
import { badImage, configChange, imageChange } from "./rolling";
import { scaling, scalingToOne } from "./scaling";

/** Those that `npm test` keeps, one of each kind. */
const short = [killedInDecommission, ringKilledBehindDns, lostVolume];

/** All of them, in an order that needs little scaling in between. */
const all: RingEvent[] = [
  scaling,
  killedInJoin,
  killedInDecommission,
  failedDecommission,
  decommissionedByHand,
  decommissionedByHandAlone,
  cutInDecommission,
  recordOutOfReach,
  changeOfMind,
  configChange,
  imageChange,
  badImage,
  podDeleted,
  twoEvictions,
  memberKilled,
  ringKilled,
  ringKilledBehindDns,
  lostVolume,
  lostFirstVolume,
  lostFirstVolumeInSilence,
  lostNode,
  scaledByHand,
  recreated,
  lostState,
  scalingToOne,
];

export const events = all.map((event) => ({ event, isShort: short.includes(event) }));
