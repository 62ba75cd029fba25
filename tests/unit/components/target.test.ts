import * as assert from "node:assert/strict";
import { join } from "node:path";
import ts from "typescript";

const components = join(__dirname, "../../../components/index.ts");

describe("the components", function () {
  this.timeout(120_000);

  it("compile in a program without a tsconfig.json, whose language Pulumi chooses", () => {
    const program = ts.createProgram([components], {
      target: ts.ScriptTarget.ES2020,
      module: ts.ModuleKind.CommonJS,
      moduleResolution: ts.ModuleResolutionKind.Node10,
      ignoreDeprecations: "6.0",
      esModuleInterop: true,
      resolveJsonModule: true,
      skipLibCheck: true,
      strict: true,
      noEmit: true,
      types: ["node"],
    });
    const wrong = ts.getPreEmitDiagnostics(program).filter(({ category }) => category === ts.DiagnosticCategory.Error);
    assert.deepEqual(
      wrong.map(({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`),
      [],
    );
  });
});
