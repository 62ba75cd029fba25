import * as assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import * as path from "node:path";
import { repository } from "./documents";
import { sayingsOf, sentencesOf } from "./messages";

const components = path.join(repository, "components");

/** Commands for kubectl in a message, each to the end of its quotes. */
const commandsIn = (message: string): string[] => message.match(/kubectl [a-z][^`]*/g) ?? [];

describe("messages with a command for kubectl", () => {
  it("name the namespace", () => {
    const sources = readdirSync(components, { encoding: "utf8", recursive: true }).filter((file) =>
      file.endsWith(".ts"),
    );
    const messages = [
      ...sources.flatMap((file) => sentencesOf(path.join(components, file))),
      ...sayingsOf(path.join(components, "pod")),
    ];
    const commands = messages.flatMap(commandsIn);
    assert.ok(commands.length > 10, "messages are not read as they are written");
    assert.deepEqual(
      commands.filter((command) => !command.includes(" -n ")),
      [],
    );
  });
});
