/** Writes the generated files: `npm run docs`. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { generatedFiles, root } from "./pages";

for (const [file, text] of Object.entries(generatedFiles())) writeFileSync(path.join(root, file), text);
