import { anotherRing, hintWhenRenamed, propertyName } from "../engine/propertyNames";
import type { RingChangeResult } from "./dataGuard";
import type { RingSnapshot, RingSnapshots } from "./ringSnapshots";

const fateOf = ({ disk, volumeRetention }: RingSnapshot) =>
  ({
    volumes:
      volumeRetention === "delete"
        ? "its volumes are deleted with it"
        : "its volumes stay, and a later `pulumi up` of it finds the data",
    pods: "its data is deleted with its pods",
    nodes: "its folders stay on the nodes",
  })[disk];

/** Names that members are made with. They refuse to start under other names. */
const ringNames = ["clusterName", "datacenter"] as const;

/** What an edit means for one ring. @param wanted the rings after the edit */
function validateRingChange(topology: string, ring: RingSnapshot, wanted: RingSnapshots): RingChangeResult {
  const lost = (loss: string, allowed = "") => ({ losses: [`${loss}, and ${fateOf(ring)}${allowed}`], refusals: [] });
  const all = Object.entries(wanted);
  const [heir, successor] =
    all.find(([other, { name, adopt }]) => name === ring.name && (other === topology || adopt === topology)) ?? [];
  const whose = `ring ${ring.name} (${topology})`;
  const renamed = all.find(([other]) => other === topology)?.[1];
  if (!successor && renamed) {
    return lost(
      `${propertyName("name", topology)}: "${renamed.name}": no ring can be renamed, and this edit leaves ${whose} behind`,
      `; allowed is "${ring.name}"${hintWhenRenamed()}`,
    );
  }
  if (!successor) {
    const others = all.map(([other, { name }]) => `ring ${name} (${other})`).join(" or ");
    return lost(
      `${propertyName("topologies")}: this edit leaves ${whose} behind: its data is not carried over to ${others}`,
    );
  }
  if (successor.namespace !== ring.namespace) {
    return lost(
      `${propertyName("namespace")}: "${successor.namespace}": this edit leaves ${whose} in namespace ${ring.namespace} behind`,
      `; allowed is "${ring.namespace}"`,
    );
  }
  if (heir === topology && successor.adopt !== ring.adopt && topology !== "persistent")
    return lost(`${propertyName("adoptPod", topology)}: this edit gives up the pods of ring ${ring.name}`);
  if (ring.hostPath && successor.hostPath !== ring.hostPath)
    return lost(`${propertyName("hostPath", topology)}: this edit leaves the data in ${ring.hostPath} behind`);
  const refusals = ringNames
    .filter((key) => successor[key] !== ring[key])
    .map(
      (key) =>
        `${propertyName(key)}: "${successor[key]}" is not allowed for ${whose}: its members were made with "${ring[key]}" and ` +
        `start with no other; allowed is "${ring[key]}", or ${anotherRing(heir!)}`,
    );
  if (heir === "persistent" && successor.adopt !== ring.adopt) {
    const isAdopted = ring.adopt !== undefined;
    refusals.push(
      `${propertyName("adopt", heir)}: "${!isAdopted}" is not allowed for ${whose}: its StatefulSet ${isAdopted ? "has" : "would need"} ` +
        `the labels and PersistentVolumeClaims of an adopted one, and these can never change; allowed is "${isAdopted}"`,
    );
  }
  if (ring.podTemplate === "own" && successor.podTemplate === "kept") {
    refusals.push(
      `${propertyName("podTemplate", heir)}: "kept" is not allowed for ${whose}: its pods have this program's template, and the ` +
        'previous template is gone; allowed is "own"',
    );
  }
  const inRacks = ({ racks }: RingSnapshot) => (racks === undefined ? "[]" : `[${racks}]`);
  if (successor.racks !== ring.racks) {
    refusals.push(
      `${propertyName("racks")}: ${inRacks(successor)} is not allowed for ${whose}: its members are in ${inRacks(ring)}, and in another ` +
        `rack a member would need other data; allowed is ${inRacks(ring)}, or ${anotherRing(heir!)}`,
    );
  }
  const { nodeCertificates } = ring;
  if (nodeCertificates !== undefined && successor.nodeCertificates !== nodeCertificates) {
    refusals.push(
      `${propertyName("nodeCertificates", heir)}: "${successor.nodeCertificates}" is not allowed for ${whose} while it runs with ` +
        `"${nodeCertificates}": nodes with certificates and nodes without do not talk to each other; allowed is "${nodeCertificates}", ` +
        "or `pulumi destroy`, which keeps the rows, and then `pulumi up`: no node runs meanwhile",
    );
  }
  return { losses: [], refusals: [...refusals, ...protectionRefusals(whose, ring, successor)] };
}

/**
 * While some members ask for a password and others do not, no client can use all of them. Members that encrypt cannot reach members that
 * do not, or that trust another authority. The superuser is made once.
 */
function protectionRefusals(whose: string, was: RingSnapshot, wanted: RingSnapshot): string[] {
  const choices = ({ auth = "none", tls = "none", superuser, tlsIssuer }: RingSnapshot) => ({
    auth,
    tls,
    superuser,
    tlsIssuer,
  });
  /** The key whose change decides for another key as well. */
  const follows = { auth: undefined, tls: undefined, superuser: "auth", tlsIssuer: "tls" } as const;
  const [before, after] = [choices(was), choices(wanted)];
  const anew =
    was.disk === "pods"
      ? "or a ring of another name, which starts without data"
      : "or `pulumi destroy`, which keeps the data, and then `pulumi up`: no member runs meanwhile";
  const ways = {
    auth: anew,
    tls: anew,
    tlsIssuer: anew,
    superuser: `or another role, which it creates: CREATE ROLE ${after.superuser} WITH SUPERUSER = true`,
  };
  return (["auth", "tls", "superuser", "tlsIssuer"] as const)
    .filter((key) => before[key] !== after[key])
    .filter((key) => follows[key] === undefined || before[follows[key]] === after[follows[key]])
    .map(
      (key) =>
        `${propertyName(key)}: "${after[key]}" is not allowed for ${whose} while it runs with "${before[key]}"; allowed is ` +
        `"${before[key]}", ${ways[key]}`,
    );
}

/** What an edit means for these rings. */
export function validateRingChanges(was: RingSnapshots, wanted: RingSnapshots): RingChangeResult {
  const results = Object.entries(was).map(([topology, ring]) => validateRingChange(topology, ring, wanted));
  return {
    losses: results.flatMap(({ losses }) => losses),
    refusals: results.flatMap(({ refusals }) => refusals),
  };
}
