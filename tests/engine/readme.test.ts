import * as assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { inSimulatedLab, Stack } from "../support/stack";

const minutes = 60_000;
const readme = readFileSync(join(__dirname, "../../README.md"), "utf8");
/** The first code block of a language after a heading. */
const block = (heading: string, language: string) =>
  readme
    .slice(readme.indexOf(`\n## ${heading}`))
    .split(`\`\`\`${language}\n`)[1]
    .split("```")[0];

describe("the quick start of the README, on simulated nodes", function () {
  this.timeout(10 * minutes);
  let stack: Stack;

  inSimulatedLab("quickstart", (made) => {
    ({ stack } = made);
    stack.configure({});
  });

  it("previews the tree that it shows, and `pulumi up` makes it", async () => {
    const commands = block("Quick start", "sh")
      .split(/\n|&&/)
      .map((line) => line.replace(/#.*/, "").trim());
    const settings = commands.flatMap((line) => /^pulumi config set (\S+) (\S+)$/.exec(line)?.slice(1, 3) ?? []);
    assert.equal(settings.length, 8, settings.join(" "));
    for (let i = 0; i < settings.length; i += 2) await stack.set({ [settings[i]]: settings[i + 1] });
    const previewed = await stack.pulumi("preview");

    const lines = block("Quick start", "text").trim().split("\n");
    const shown = lines.flatMap((line) => /^ \+ +\W*(\w+:\S+) +(\S+) +create$/.exec(line)?.slice(1, 3).join(" ") ?? []);
    assert.equal(shown.length, 11, lines.join("\n"));
    const made = [...previewed.matchAll(/^ \+ +(\w+:\S+) (\S+) create/gm)].map(([, type, name]) => `${type} ${name}`);
    assert.deepEqual(
      shown.filter((resource) => !made.includes(resource)),
      [],
      previewed,
    );
    assert.equal(/\+ \d+ to create/.exec(previewed)?.[0], lines.at(-1)!.trim());

    await stack.up();
    assert.equal((await stack.pulumi("stack", "output", "namespace")).trim(), "cassandra");
    assert.match(
      await stack.pulumi("stack", "output", "usage"),
      /contactPoints.*cassandra-0\.cassandra\.cassandra\.svc/s,
    );
    assert.match(await stack.pulumi("stack", "output", "superuser", "--show-secrets"), /"username": ?"admin"/);
  });
});
