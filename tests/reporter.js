"use strict";
const { reporters, Runner } = require("mocha");

/** Mocha's own report, with each failure told at once, and after it one line that counts all that ran. */
module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.on(Runner.constants.EVENT_TEST_FAIL, (_, error) => process.stdout.write(`${error.message}\n`));
    runner.once(Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
    });
  }
};
