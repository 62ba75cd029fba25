import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../lab/src/instance";
import { run } from "../../lab/src/run";

/** A word that the project no longer uses. */
interface Retired {
  word: RegExp;
  /** The word to use, as style and glossary have it. */
  instead: string;
  /** Files in which the word may stand, and why. */
  allowed?: [file: RegExp, reason: string][];
}

/** A text file of the repository. */
const isText = (file: string) => /\.(ts|js|py|sh|md|json|ya?ml|mjs)$/.test(file);

/** Files in which any word may stand. */
const exempt: [file: RegExp, reason: string][] = [
  [/^tests\/unit\/words\.test\.ts$/, "this table names the words"],
  [/^package-lock\.json$/, "names of packages"],
  [/^lab\/(image|tools)\//, "files of other projects, or in their form"],
];

const retired: Retired[] = [
  { word: /\bbefalls?\b/i, instead: "happens to" },
  { word: /\/(awaits|waiting)"/, instead: "readinessRules, waitForReady" },
  { word: /"\.\/simulated"/, instead: "kwokNodes" },
  { word: /\b(waitUntilReady|waitUntilGone|awaitFor)\b/, instead: "waitForReady, waitForDeletion, readinessRuleOf" },
  { word: /\bmend(Path|Network)\b/, instead: "restorePath, restoreNetwork" },
  { word: /\b(scaleDown|scalePlan)\b/, instead: "decommission, decommissionPlan" },
  { word: /\bvolumeGrowth\b/, instead: "volumeExpansion" },
  { word: /\bcrowd\b/i, instead: "pods without ordinal" },
  { word: /\bRING_PODS\b/, instead: "POD_IDENTITY" },
  { word: /\b(look_after|take_turn)\b/, instead: "remove_dead_members, acquire_topology_lock" },
  {
    word: /\b(configure\.py|(register|leave|auth|ring)\.sh)\b/,
    instead: "edit_cassandra_yaml.py, post-start.sh, pre-stop.sh",
  },
  { word: /\bsettings\.ts\b/, instead: "stackConfig.ts, schema.ts" },
  { word: /\b(Verified)?ClusterChoice\b/, instead: "KubeContext" },
  { word: /outlook/i, instead: "describeDecommission and the like, RingImpact" },
];

describe("the words of this project", () => {
  let files: { name: string; lines: string[] }[];

  before(async () => {
    const listed = await run("git", ["ls-files"], { cwd: repository });
    const names = listed.split("\n").filter((name) => isText(name) && !exempt.some(([file]) => file.test(name)));
    assert.ok(names.length > 100, "the files of the repository are listed");
    files = names.map((name) => ({ name, lines: readFileSync(join(repository, name), "utf8").split("\n") }));
  });

  for (const { word, instead, allowed = [] } of retired) {
    it(`have ${instead} instead of ${word}`, () => {
      const found = files
        .filter(({ name }) => !allowed.some(([file]) => file.test(name)))
        .flatMap(({ name, lines }) =>
          lines.flatMap((line, i) => (word.test(line) ? [`${name}:${i + 1}: ${line.trim()}`] : [])),
        );
      assert.deepEqual(found, []);
    });
  }

  it("need every exception", () => {
    for (const { word, allowed = [] } of retired)
      for (const [file, reason] of allowed) {
        const isNeeded = files.some(({ name, lines }) => file.test(name) && lines.some((line) => word.test(line)));
        assert.ok(isNeeded, `${word} stands nowhere in ${file} (${reason}): take the exception out`);
      }
  });
});
