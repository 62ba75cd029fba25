import { isFilling } from "../cassandra/diskSpace";
import type { RingClient } from "../cassandra/ringClient";
import { propertyName } from "../engine/propertyNames";
import { formatBytes } from "../kubernetes/quantity";

/** Warnings of disks that fill, one for each, while Cassandra still runs. None where the disks cannot be looked at. */
export async function fillingDisks(client: Pick<RingClient, "disks" | "leavesByItself">): Promise<string[]> {
  const disks = await client.disks().catch(() => ({}));
  const room = client.leavesByItself ? "make room on its node" : `let the volumes grow (${propertyName("volumeSize")})`;
  return Object.entries(disks)
    .filter(([, disk]) => isFilling(disk))
    .map(
      ([pod, { size, free }]) =>
        `the disk of ${pod} has ${formatBytes(free)} of ${formatBytes(size)} free: compactions need more, and Cassandra stops once it is ` +
        `full; ${room}, or delete data`,
    );
}
