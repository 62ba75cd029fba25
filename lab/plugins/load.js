// Loads the plugins' TypeScript. The engine starts three plugins for each command, and a compiler in each would cost
// half a second: what was compiled once is kept by the hash of its source and of the compiler's options.
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const root = path.resolve(__dirname, "../..");
const cache = path.join(root, "node_modules/.cache/lab-plugins");
const tsconfig = path.join(root, "tsconfig.json");
const options = fs.readFileSync(tsconfig, "utf8");

function compiled(file) {
  const source = fs.readFileSync(file, "utf8");
  const kept = path.join(
    cache,
    `${createHash("sha256")
      .update(options + source)
      .digest("hex")}.js`,
  );
  try {
    return fs.readFileSync(kept, "utf8");
  } catch {
    const ts = require("typescript");
    const { config } = ts.parseConfigFileTextToJson(tsconfig, options);
    const compilerOptions = { ...config.compilerOptions, sourceMap: false };
    const { outputText } = ts.transpileModule(source, { compilerOptions });
    try {
      // Other plugins compile the same files at the same moment: only whole files get their final name.
      fs.mkdirSync(cache, { recursive: true });
      const fresh = `${kept}.${process.pid}`;
      fs.writeFileSync(fresh, outputText);
      fs.renameSync(fresh, kept);
    } catch {
      // A folder that may not be written costs time at each start, nothing else.
    }
    return outputText;
  }
}

require.extensions[".ts"] = (module, file) => module._compile(compiled(file), file);

/** Starts the plugin whose `main` the module exports; the path is relative to this folder. */
exports.start = (plugin) => require(path.join(__dirname, plugin)).main();
