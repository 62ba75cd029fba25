import { labels, selectorLabels } from "../../components/objects/labels";
import { revisionAnnotation } from "../../components/objects/podMetadata";
import { stackAnnotation } from "../../components/objects/storageClass";
import { code, page, table } from "./markdown";

const identity = { name: "<ring>", topology: "<topology>" };

const meanings: Record<string, string> = {
  "app.kubernetes.io/name": "What runs: `cassandra`, or `cockroachdb`.",
  "app.kubernetes.io/instance": "Name of the ring, which no other ring of the namespace has.",
  "app.kubernetes.io/component": "Topology of the ring. A ring that has adopted the pod of topology `pod` keeps `pod`.",
  "app.kubernetes.io/managed-by": "The tool that made the object.",
  app: "As in the Kubernetes tutorials. Every ring of the namespace has this label: name the instance as well in a command that changes anything.",
};

const annotations: [string, string][] = [
  [
    revisionAnnotation,
    "On pods: revision of the pod template that the pod was made from. `pulumi up` restarts pods of another revision, one at a time.",
  ],
  [stackAnnotation, "On a StorageClass: the stack that has made it, as `project/stack`. No other stack takes it over."],
  ["kubectl.kubernetes.io/default-container", "On pods: the container that `kubectl exec` and `kubectl logs` take."],
];

export const labelsPage = () =>
  page(
    "Labels and annotations",
    "components/objects/labels.ts",
    "Labels of every object of a ring. Those of the selector never change while the ring lives. An adopted ring keeps the labels of its manifests.",
    table(
      ["Label", "Value", "In the selector", "Meaning"],
      Object.entries(labels(identity)).map(([name, value]) => [
        code(name),
        code(value),
        name in selectorLabels(identity) ? "yes" : "no",
        meanings[name],
      ]),
    ),
    "To list the objects of one ring:",
    ["```sh", "kubectl get all,pvc,configmap,secret -n NAMESPACE -l app.kubernetes.io/instance=RING", "```"].join("\n"),
    "## Annotations",
    table(
      ["Annotation", "Meaning"],
      annotations.map(([name, meaning]) => [code(name), meaning]),
    ),
  );
