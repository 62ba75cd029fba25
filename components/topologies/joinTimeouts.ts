import * as pulumi from "@pulumi/pulumi";
import { quantity } from "../kubernetes/quantity";
import { slowestStreamBytesPerSecond } from "../operations/memberDecommission";

/**
 * How long `pulumi up` waits for the members of a ring. Members join one after another, so the time grows with the number of members and
 * with the bytes that each of them has to receive.
 * @param members number of members
 * @param volumeSize size of each member's volume, a Kubernetes quantity, if it is known when the program runs @default no data
 */
export function joinTimeouts(members: number, volumeSize?: pulumi.Input<string>): pulumi.CustomTimeouts {
  const most = typeof volumeSize === "string" ? (quantity(volumeSize) ?? 0) : 0;
  const minutes = `${10 + members * (5 + Math.ceil(most / slowestStreamBytesPerSecond / 60))}m`;
  return { create: minutes, update: minutes };
}
