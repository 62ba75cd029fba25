import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { scripts } from "./runScript";

describe("tokens.py", () => {
  /** Owner of each token of a first ring. */
  function ring(members: number, racks = "1"): Map<bigint, number> {
    const owners = new Map<bigint, number>();
    const script = `import sys; sys.path.insert(0, sys.argv[1])
from tokens import tokens
for i in range(${members}): print(*tokens(i, ${members}, 16, ${racks}), sep=",")`;
    const { stdout } = spawnSync("python3", ["-B", "-c", script, scripts], { encoding: "utf8" });
    const lines = stdout.trim().split("\n");
    lines.forEach((line, i) => line.split(",").forEach((token) => owners.set(BigInt(token), i)));
    return owners;
  }

  for (const members of [1, 2, 3, 4, 5, 8, 20]) {
    it(`gives each of ${members} members 16 tokens and the same share`, () => {
      const owners = ring(members);
      assert.equal(owners.size, 16 * members, "every token is distinct");
      const sorted = [...owners.keys()].sort((a, b) => (a < b ? -1 : 1));
      const shares = Array<bigint>(members).fill(0n);
      sorted.forEach((token, i) => {
        shares[owners.get(token) as number] += i
          ? token - sorted[i - 1]
          : token - (sorted[sorted.length - 1] - 2n ** 64n);
      });
      for (const share of shares) assert.ok(Math.abs(Number(share) / 2 ** 64 - 1 / members) < 1e-9, `share ${share}`);
    });
  }

  for (const [members, racks] of [
    [3, 3],
    [6, 3],
    [12, 3],
    [4, 2],
    [10, 5],
  ]) {
    it(`gives the same share of a rack's rows to each member of the rack, of ${members} in ${racks} racks`, () => {
      const owners = ring(members, String(racks));
      assert.equal(owners.size, 16 * members, "every token is distinct");
      for (let rack = 0; rack < racks; rack++) {
        const sorted = [...owners.keys()].filter((token) => owners.get(token)! % racks === rack);
        sorted.sort((a, b) => (a < b ? -1 : 1));
        const shares = new Map<number, number>();
        sorted.forEach((token, i) => {
          const part = i ? token - sorted[i - 1] : token - (sorted[sorted.length - 1] - 2n ** 64n);
          shares.set(owners.get(token)!, (shares.get(owners.get(token)!) ?? 0) + Number(part) / 2 ** 64);
        });
        assert.equal(shares.size, members / racks);
        for (const share of shares.values()) assert.ok(Math.abs(share - racks / members) < 1e-9, `share ${share}`);
      }
    });
  }

  it("spreads what a leaver owned over all that stay", () => {
    const members = 4;
    const owners = ring(members);
    const sorted = [...owners.keys()].sort((a, b) => (a < b ? -1 : 1)).map((token) => owners.get(token) as number);
    for (let leaver = 0; leaver < members; leaver++) {
      const receivers = new Set<number>();
      sorted.forEach((owner, i) => {
        let next = i;
        while (sorted[next % sorted.length] === leaver) next++;
        if (owner === leaver) receivers.add(sorted[next % sorted.length]);
      });
      assert.equal(receivers.size, members - 1, `member ${leaver} streams to ${[...receivers].join(", ")} alone`);
    }
  });
});
