import { titleOf } from "./objects";
import type { Rule } from "./rules";

/** What controllers in the cluster make objects of: names of groups, of kinds in them, and who makes the objects. */
const makers: [RegExp, RegExp, string][] = [
  [/^argoproj\.io\//, /^Application(Set)?$/, "Argo CD"],
  [/^helm\.toolkit\.fluxcd\.io\//, /^HelmRelease$/, "Flux"],
  [/^kustomize\.toolkit\.fluxcd\.io\//, /^Kustomization$/, "Flux"],
  [/^helm\.cattle\.io\//, /^HelmChart(Config)?$/, "K3s"],
  [/^k3s\.cattle\.io\//, /^Addon$/, "K3s"],
  [/^fleet\.cattle\.io\//, /^(Bundle|GitRepo|HelmOp)$/, "Fleet"],
  [/^(helm|kubernetes)(\.m)?\.crossplane\.io\//, /^(Release|Object)$/, "Crossplane"],
];

export const seenObjects: Rule = {
  name: "seen-objects",
  description:
    "No Helm release, and no object for a controller such as Argo CD or Flux, makes objects that no policy sees.",
  enforcementLevel: "mandatory",
  check: (object) => {
    const { apiVersion, kind } = object;
    if (kind === "Release" && apiVersion.startsWith("helm.sh/"))
      return [
        `${titleOf(object)}: no policy sees the objects of a Helm release; use a Chart (kubernetes:helm.sh/v4), whose objects are resources of Pulumi`,
      ];
    const [, , maker] = makers.find(([group, kinds]) => group.test(apiVersion) && kinds.test(kind)) ?? [];
    if (maker === undefined) return [];
    return [`${titleOf(object)}: no policy sees the objects that ${maker} makes of it; make them resources of Pulumi`];
  },
};
