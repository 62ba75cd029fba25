import { clusterSeen, rules } from "../../policies/rules";
import { fewSuperusers } from "../../policies/superuserRoles";
import { code, page, table } from "./markdown";

export const policiesPage = () =>
  page(
    "Policies",
    "policies/rules.ts",
    "The policy pack in `policies/` checks every object of a preview or an update, whichever program makes the object: " +
      "`pulumi preview --policy-pack policies`. A mandatory policy stops `pulumi up`; an advisory policy warns.",
    table(
      ["Policy", "Level", "What must hold", "Compares with the live object of"],
      [...rules, fewSuperusers, clusterSeen].map(({ name, enforcementLevel, description, needsLive = [] }) => [
        code(name),
        enforcementLevel,
        description,
        needsLive.join(", "),
      ]),
    ),
  );
