"use strict";
const { reporters, Runner } = require("mocha");

/** How many suites the list of the longest has. */
const listed = 15;

/** Mocha's own report, with the message of each failure at once. After it come the suites that took longest, and a line of counts. */
module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const { EVENT_RUN_END, EVENT_SUITE_BEGIN, EVENT_SUITE_END, EVENT_TEST_FAIL } = Runner.constants;
    const begun = new Map();
    const took = [];
    const isOuter = (suite) => suite.parent?.root;
    runner.on(EVENT_TEST_FAIL, (_, error) => process.stdout.write(`${error.message}\n`));
    runner.on(EVENT_SUITE_BEGIN, (suite) => isOuter(suite) && begun.set(suite, Date.now()));
    runner.on(EVENT_SUITE_END, (suite) => {
      if (isOuter(suite)) took.push([Math.round((Date.now() - begun.get(suite)) / 1000), suite.title]);
    });
    runner.once(EVENT_RUN_END, () => {
      const longest = took.sort(([a], [b]) => b - a).slice(0, listed);
      for (const [seconds, title] of longest) process.stdout.write(`${String(seconds).padStart(6)} s  ${title}\n`);
      const { passes, failures, pending } = this.stats;
      process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
    });
  }
};
