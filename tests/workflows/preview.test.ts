import * as assert from "node:assert/strict";
import { Runner, stepsOf } from "./runner";

describe("preview.yml", () => {
  let runner: Runner;

  beforeEach(() => (runner = new Runner()));
  afterEach(() => runner.remove());

  const env = {
    STACK: "dev",
    GH_TOKEN: "t",
    COMMENTS: "repos/a/b/issues/7/comments",
    EDIT: "repos/a/b/issues/comments",
  };
  const marker = "<!-- preview of stack dev -->";
  const bot = { login: "github-actions[bot]" };
  const foreign = [
    { id: 1, user: { login: "somebody" }, body: `${marker}\n\nas the bot does it` },
    { id: 2, user: { login: "github-actions" }, body: marker },
    { id: 3, user: bot, body: `> ${marker}\nquoted by another workflow` },
    { id: 4, user: bot, body: "<!-- preview of stack dev-2 -->" },
    { id: 5, user: bot, body: "<!-- preview of stack prod -->" },
    { id: 6, user: null, body: marker },
    { id: 7, user: { login: "somebody" }, body: null },
  ];
  const comments = () => runner.runs(stepsOf("preview.yml", "comment"), "Comment", env);
  const writes = () =>
    runner
      .read("gh.log")
      .split("\n")
      .filter((line) => line.includes("--method"));
  const post = "api --silent --method POST repos/a/b/issues/7/comments --field body=@comment.md";
  const patch = "api --silent --method PATCH repos/a/b/issues/comments/42 --field body=@comment.md";

  beforeEach(() => runner.write("report.md", "### Preview\n"));

  it("comments once, whatever others have written", async () => {
    runner.gh([foreign, []]);
    assert.equal((await comments()).code, 0);
    assert.deepEqual(writes(), [post]);
    assert.equal(runner.read("comment.md"), `${marker}\n\n### Preview\n`);
  });

  it("brings its own comment up to date, on whichever page it is, and nobody else's", async () => {
    const own = [42, 43].map((id) => ({ id, user: bot, body: `${marker}\n\n### Preview` }));
    runner.gh([foreign, own]);
    assert.equal((await comments()).code, 0);
    assert.deepEqual(writes(), [patch]);
    assert.match(runner.read("gh.log"), /^api --paginate repos\/a\/b\/issues\/7\/comments --jq /m);
  });

  it("writes nothing where the comments cannot be listed", async () => {
    runner.gh([[]], 1);
    assert.notEqual((await comments()).code, 0);
    assert.deepEqual(writes(), []);
  });
});
