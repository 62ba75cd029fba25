import type { MemberServiceAccess } from "../objects/memberServices";
import type { Refusal } from "./refusal";

/** Why a ring of the tutorials cannot be adopted so: it has one StatefulSet, whose pods stay as they are while their template does. */
export function adoptionMisfits(told: {
  podTemplate?: string;
  racks?: string[];
  auth?: string;
  tls?: string;
  memberService?: Partial<MemberServiceAccess>;
  metrics?: string;
}): Refusal[] {
  const { podTemplate, racks = [], auth, tls, memberService, metrics = "none" } = told;
  const protections = Object.entries({ auth, tls }).filter(([, value]) => value !== "none");
  return [
    ...(racks.length > 0
      ? [{ circumstance: "with racks", rule: "needs racks: []", reason: "an adopted ring has one StatefulSet" }]
      : []),
    ...(podTemplate === "kept" ? protections : []).map(([key, value]) => ({
      circumstance: `with ${key}: ${value}`,
      rule: `needs ${key}: none, or podTemplate: own`,
      reason: `pods that stay as they are do not know ${key}`,
    })),
    ...(podTemplate === "kept" && memberService?.type
      ? [
          {
            circumstance: "with memberService",
            rule: "needs podTemplate: own, or no memberService",
            reason: "pods that stay as they are do not tell drivers the addresses of their Services",
          },
        ]
      : []),
    ...(podTemplate === "kept" && metrics !== "none"
      ? [
          {
            circumstance: `with metrics: ${metrics}`,
            rule: "needs metrics: none, or podTemplate: own",
            reason: "pods that stay as they are tell no metrics",
          },
        ]
      : []),
  ];
}
