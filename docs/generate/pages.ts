import { readFileSync } from "node:fs";
import path from "node:path";
import { configPage } from "./config";
import { dashboardJson } from "./dashboard";
import { environmentPage } from "./environment";
import { labelsPage } from "./labels";
import { outputsPage } from "./outputs";
import { permissionsPage } from "./permissions";
import { policiesPage } from "./policies";
import { withConfigBlock } from "./pulumiYaml";

export const root = path.join(__dirname, "../..");

/** Every generated file with its text, by path from the root. */
export function generatedFiles(): Record<string, string> {
  return {
    "Pulumi.yaml": withConfigBlock(readFileSync(path.join(root, "Pulumi.yaml"), "utf8")),
    "components/monitoring/dashboard.json": dashboardJson(),
    "docs/reference/config.md": configPage(),
    "docs/reference/environment.md": environmentPage(),
    "docs/reference/labels.md": labelsPage(),
    "docs/reference/outputs.md": outputsPage(),
    "docs/reference/permissions.md": permissionsPage(),
    "docs/reference/policies.md": policiesPage(),
  };
}
