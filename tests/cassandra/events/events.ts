import { badImage } from "./badImage";
import { changeOfMind } from "./changeOfMind";
import { configChange } from "./configChange";
import { cutInDecommission } from "./cutInDecommission";
import { decommissionedByHand } from "./decommissionedByHand";
import { decommissionedByHandAlone } from "./decommissionedByHandAlone";
import { failedDecommission } from "./failedDecommission";
import { imageChange } from "./imageChange";
import { killedInDecommission } from "./killedInDecommission";
import { killedInJoin } from "./killedInJoin";
import { lostFirstVolume } from "./lostFirstVolume";
import { lostFirstVolumeInSilence } from "./lostFirstVolumeInSilence";
import { lostNode } from "./lostNode";
import { lostState } from "./lostState";
import { lostVolume } from "./lostVolume";
import { memberKilled } from "./memberKilled";
import { podDeleted } from "./podDeleted";
import { recordOutOfReach } from "./recordOutOfReach";
import { recreated } from "./recreated";
import { ringKilled } from "./ringKilled";
import { ringKilledBehindDns } from "./ringKilledBehindDns";
import { scaledByHand } from "./scaledByHand";
import { scaling } from "./scaling";
import { scalingToOne } from "./scalingToOne";
import { twoEvictions } from "./twoEvictions";
import { RingEvent } from "./ringEvent";

/** Events that `npm test` runs, one of each kind. */
const short = [killedInDecommission, ringKilledBehindDns, lostVolume];

/** All events, in an order that needs little scaling in between. */
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
