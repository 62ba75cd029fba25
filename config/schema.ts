import {
  AdoptedTemplate,
  Auth,
  ClientCertificates,
  LocalVolume,
  Peer,
  Storage,
  storageClasses,
  VolumeRetention,
} from "../components/index";
import { optionFormat } from "../components/cassandra/refusedOptions";
import { matches, shapes } from "../components/args/shapes";
import { flag, Key, numberOf, textOf, textOrEmpty, valueOf } from "./keys";
import { heap, issuer, list, object, oneOf, orEmpty, shaped, truth, wholeNumber } from "./parsers";

/** Topologies that a stack can run. */
export const topologies = ["persistent", "ephemeral", "daemon", "pod", "cockroachdb"] as const;
export type Topology = (typeof topologies)[number];

const storages = [...Object.keys(storageClasses), "existing"] as Storage[];
const retentions = Object.values(VolumeRetention);
const auths = Object.values(Auth);
const templates = Object.values(AdoptedTemplate);
const tlsChoices = ["none", "secret", "cert-manager"] as const;
const clientChoices = Object.values(ClientCertificates);
/** Every key that holds for the whole stack, or for each of its topologies that says nothing else, in the reference's order. */
export const commonKeys = {
  topologies: {
    type: "array",
    items: "string",
    default: ["persistent"],
    unit: "",
    allowed: `a list of ${topologies.join(", ")}, each at most once`,
    meaning:
      "What runs: `persistent` is a StatefulSet with a volume for each member, `ephemeral` a ReplicationController whose rows lie " +
      "in its pods, `daemon` a DaemonSet, `pod` a single Pod, `cockroachdb` a CockroachDB cluster. The first Cassandra ring is " +
      "named `cassandra`, further ones `cassandra-<topology>`.",
    words: topologies,
    parse: list(oneOf(...topologies), 1),
  },
  replicas: {
    type: "string",
    // Pulumi hands over a default as if the stack had set it: with a number here, a stack whose rings have no count could not
    // be told from one that asks for three.
    default: "",
    unit: "members",
    allowed: shapes.replicas.allowed,
    meaning: "Members of each ring that has a count: persistent, ephemeral and cockroachdb (empty: 3).",
    parse: (raw) => (raw === "" ? 3 : wholeNumber(shapes.replicas)(raw)),
  },
  storage: {
    type: "string",
    default: "existing",
    unit: "",
    allowed: `one of ${storages.join(", ")}`,
    meaning:
      "Where volumes come from: a platform whose class is made here, static `local` volumes, or an `existing` class.",
    words: storages,
    parse: oneOf(...storages),
  },
  storageClassName: {
    type: "string",
    default: "",
    unit: "",
    meaning:
      "Storage class: the one to use with `existing` (empty: the cluster's default), else the name for the one made here " +
      "(empty: `<namespace>-cassandra`).",
    ...textOf(shapes.storageClassName),
  },
  volumeSize: {
    type: "string",
    default: "1Gi",
    unit: "quantity",
    meaning: "Volume of each member.",
    ...textOf(shapes.volumeSize),
  },
  volumeRetention: {
    type: "string",
    default: "retain",
    unit: "",
    meaning:
      "What `pulumi destroy` does with volumes, the ring record and the superuser. Scaling deletes that of a member once its rows have moved to the others.",
    words: retentions,
    ...valueOf<VolumeRetention>(shapes.volumeRetention),
  },
  localVolumes: {
    type: "array",
    items: "object",
    default: [],
    unit: "",
    allowed: `${shapes.localVolumes.allowed} with storage local`,
    meaning:
      "Folders on nodes that become static volumes with storage `local`: the first for member 0, and so on, over the racks in turn. The folders must exist.",
    parse: shaped<LocalVolume[]>(shapes.localVolumes),
  },
  image: {
    type: "string",
    default: "docker.io/library/cassandra:5.0.9",
    unit: "",
    meaning: "Cassandra's image, of 4.0 to 5.0: the official one, or one with the same entry point.",
    ...textOf(shapes.image),
  },
  imageRegistry: {
    type: "string",
    default: "",
    unit: "",
    allowed: "a registry with or without a path, such as mirror.example:5000/docker, or empty",
    meaning: "Registry that all images come from, in place of the one in their names.",
    parse: orEmpty(shaped<string>({ is: matches(/^[a-z0-9][\w.-]*(:\d+)?(\/[\w.-]+)*$/i) })),
  },
  imagePullSecrets: {
    type: "array",
    items: "string",
    default: [],
    unit: "",
    meaning: "Secrets of the namespace with which images are pulled.",
    ...valueOf<string[]>(shapes.imagePullSecrets),
  },
  memory: {
    type: "string",
    default: "2Gi",
    unit: "quantity",
    meaning: "Memory of each member, request and limit.",
    ...textOf(shapes.memory),
  },
  cpu: {
    type: "string",
    default: "500m",
    unit: "quantity",
    meaning: "CPU that each member asks for; there is no limit.",
    ...textOf(shapes.cpu),
  },
  maxHeap: {
    type: "string",
    default: "",
    unit: "M or G",
    allowed: "a whole number of M or G, at least 256M and below memory, or empty",
    meaning:
      "Java heap of each member (empty: half of memory, at most 31G). Cassandra needs about as much again outside it.",
    parse: (raw) => (raw === "" ? 0 : heap(raw)),
  },
  namespace: {
    type: "string",
    default: "default",
    unit: "",
    meaning: "Namespace of everything that has one.",
    ...textOf(shapes.namespace),
  },
  createNamespace: {
    ...flag,
    meaning: "Whether the namespace is made here. It is never deleted: it may hold volumes.",
  },
  clientsFrom: {
    type: "array",
    items: "object",
    default: [],
    unit: "",
    meaning:
      "Who may reach CQL (of CockroachDB, SQL and the admin UI), where the cluster's network enforces policies; empty: the pods " +
      "of the namespace. Members reach each other whatever it says.",
    ...valueOf<Peer[]>(shapes.clientsFrom),
  },
  auth: {
    type: "string",
    default: "password",
    unit: "",
    meaning:
      "`password`: clients log in, Cassandra's default role cannot. `none`: whoever reaches CQL may do everything. It cannot change " +
      "while the ring runs.",
    words: auths,
    ...valueOf<Auth>(shapes.auth),
  },
  superuser: {
    type: "string",
    default: "admin",
    unit: "",
    meaning: "Role that may do everything; the stack output `superuser` tells its password.",
    ...textOf(shapes.superuser),
  },
  superuserPassword: {
    type: "string",
    default: "",
    unit: "",
    meaning:
      "Its password, set with `pulumi config set --secret` (empty: 32 letters and digits at random). A running ring takes another one " +
      "at once; sessions go on.",
    isSecret: true,
    ...textOrEmpty(shapes.superuserPassword),
  },
  tls: {
    type: "string",
    default: "none",
    unit: "",
    allowed: `one of ${tlsChoices.join(", ")}`,
    meaning:
      "`secret`: members and clients encrypt what they send, with the certificates of a Secret; others are taken without a restart. " +
      "`cert-manager`: it makes that Secret, and renews it. It cannot change while the ring runs.",
    words: tlsChoices,
    parse: oneOf(...tlsChoices),
  },
  tlsSecret: {
    type: "string",
    default: "",
    unit: "",
    meaning:
      "That Secret, with `tls.crt`, `tls.key` in PKCS#8, and the `ca.crt` that members and clients trust, as cert-manager makes it " +
      "(empty: `<ring>-tls`). That authority must sign for this ring alone: whoever has a certificate of it is let in as a member.",
    ...textOrEmpty(shapes.tlsSecret),
  },
  tlsIssuer: {
    type: "string",
    default: "",
    unit: "",
    allowed: "Issuer/<name> or ClusterIssuer/<name>, or empty",
    meaning:
      "Who signs the certificate with `tls: cert-manager` (empty: an authority that the ring has to itself). Whoever else has one of " +
      "its certificates is let in as a member. It cannot change while the ring runs.",
    parse: issuer,
  },
  clientCertificates: {
    type: "string",
    default: "none",
    unit: "",
    meaning:
      "With `tls`. `required`: clients must show a certificate that `ca.crt` has signed, beside logging in. Members restart one at a time, " +
      "and refuse clients without one from then on.",
    words: clientChoices,
    ...valueOf<ClientCertificates>(shapes.clientCertificates),
  },
  clusterName: {
    type: "string",
    default: "cassandra",
    unit: "",
    meaning:
      "Cassandra's cluster name; that of further rings is `<clusterName>-<topology>`. A new ring is refused one that another ring of the " +
      "Kubernetes cluster has. It cannot change while there are rows.",
    ...textOf(shapes.clusterName),
  },
  datacenter: {
    type: "string",
    default: "datacenter1",
    unit: "",
    meaning: "Cassandra's name of the data centre; keyspaces quote it. It cannot change while there are rows.",
    ...textOf(shapes.datacenter),
  },
  racks: {
    type: "array",
    items: "string",
    default: [],
    unit: "",
    meaning:
      "Zones (values of the node label `topology.kubernetes.io/zone`) of a persistent ring, each a rack with a StatefulSet of its own and " +
      "as many members as the others; `replicas` counts them all. Empty: one set, spread over what zones there are. It cannot change " +
      "while there are rows.",
    ...valueOf<string[]>(shapes.racks),
  },
  jvmOptions: {
    type: "array",
    items: "string",
    default: [],
    unit: "",
    allowed: shapes.jvmOptions.allowed,
    meaning:
      "Further JVM options of each member. Properties of Cassandra are those of the image's version; what follows from other settings, or " +
      "takes away what keeps rows safe, is refused.",
    parse: list(shaped<string>({ is: matches(optionFormat) })),
  },
  lockMemory: {
    ...flag,
    meaning:
      "Whether members have the capability IPC_LOCK, as in the tutorials, to keep their memory from being swapped out. Java makes use of it " +
      "in images alone that give it to Java's file or start it as root. The namespace must allow it.",
  },
  cassandraYaml: {
    type: "object",
    default: {},
    unit: "",
    allowed: shapes.cassandraYaml.allowed,
    meaning:
      "Keys of cassandra.yaml, as `{concurrent_reads: 64}`, over those of the image and the program's own; null takes one out. " +
      "Values that would lose rows are refused. Members are restarted one at a time. Set with `--secret`, it goes into a Secret.",
    isTyped: true,
    parse: object,
  },
  stallTimeoutMinutes: {
    type: "string",
    default: "15",
    unit: "minutes",
    allowed: "a whole number from 1 to 1440",
    meaning:
      "Minutes without progress after which `pulumi up` gives up a step of a ring, such as a member that leaves or joins. It goes " +
      "on by itself, and the next `pulumi up` looks at it again.",
    parse: wholeNumber({ is: (minutes) => (minutes as number) <= 1440 }),
  },
  acceptDataLoss: {
    ...flag,
    meaning:
      "Lets an edit pass that leaves rows behind, such as a move to another topology. Take it out again afterwards.",
  },
} satisfies Record<string, Key>;

const name = {
  type: "string",
  default: "",
  unit: "",
  meaning: "Name of the ring, its set and its Services (empty: as `topologies` says). Another name is another ring.",
  ...textOrEmpty(shapes.name),
} as const;

const secretName = (whose: string, files: string, value: string) =>
  ({
    type: "string",
    default: value,
    unit: "",
    meaning: `Secret with the certificates of ${whose}, made by \`cockroach cert\`: ${files}. Without \`insecure\` it must exist.`,
    ...textOf(shapes.tlsSecret),
  }) as const;

const ofCassandra = [
  "image",
  "memory",
  "cpu",
  "maxHeap",
  "clusterName",
  "datacenter",
  "jvmOptions",
  "cassandraYaml",
  "lockMemory",
  "clientsFrom",
  "auth",
  "superuser",
  "superuserPassword",
  "tls",
  "tlsSecret",
  "tlsIssuer",
  "clientCertificates",
] as const;

/** For each topology, the keys above that its object may set otherwise, and those that only it has. */
export const topologyKeys = {
  persistent: {
    overrides: [
      "replicas",
      "racks",
      "volumeSize",
      "volumeRetention",
      "localVolumes",
      "stallTimeoutMinutes",
      ...ofCassandra,
    ],
    own: {
      name,
      adopt: {
        ...flag,
        meaning:
          "Takes over the StatefulSet and the Service of that name that manifests of the Kubernetes tutorials made, with their pods and rows. " +
          "It stays set from then on.",
      },
      podTemplate: {
        type: "string",
        default: "kept",
        unit: "",
        meaning:
          "Of a ring that was adopted. `kept`: its pods stay as they are. `own`: they restart one at a time with this program's pod template.",
        words: templates,
        ...valueOf<AdoptedTemplate>(shapes.adopt),
      },
      rack: {
        type: "string",
        default: "",
        unit: "",
        meaning: "Of a ring that was adopted: Cassandra's name of the rack that it has (empty: `Rack1-K8Demo`).",
        ...textOrEmpty(shapes.rack),
      },
      numTokens: {
        type: "string",
        default: "16",
        unit: "tokens",
        meaning: "Of a ring that was adopted: tokens that each of its members has.",
        ...numberOf(shapes.numTokens),
      },
    },
  },
  ephemeral: {
    overrides: ["replicas", "stallTimeoutMinutes", ...ofCassandra],
    own: {
      name,
      adoptPod: {
        ...flag,
        meaning:
          "Whether the ring takes over the pod of topology `pod`, which leaves `topologies`. It stays set from then on.",
      },
    },
  },
  daemon: {
    overrides: ["stallTimeoutMinutes", ...ofCassandra],
    own: {
      name,
      nodeSelector: {
        type: "object",
        default: {},
        unit: "",
        meaning: "Labels of the nodes that get a member each; without any, every node does.",
        ...valueOf<Record<string, string>>(shapes.nodeSelector),
      },
      hostPath: {
        type: "string",
        default: "",
        unit: "",
        meaning:
          "Folder of each node that holds its member's rows and outlives the pods. Empty: rows lie in the pods, which hand them over.",
        ...textOrEmpty(shapes.hostPath),
      },
    },
  },
  pod: {
    overrides: [...ofCassandra],
    own: { name },
  },
  cockroachdb: {
    overrides: ["replicas", "volumeSize", "volumeRetention", "memory", "cpu", "clientsFrom"],
    own: {
      name,
      image: {
        ...commonKeys.image,
        default: "docker.io/cockroachdb/cockroach:v23.1.28",
        meaning: "CockroachDB's image. Mind its licence: v23.1.28 is free, others may not be.",
      },
      localVolumes: { ...commonKeys.localVolumes, meaning: "As `localVolumes` above, for the nodes of this cluster." },
      insecure: {
        ...flag,
        default: "",
        allowed: "true or false, or empty",
        meaning:
          "Whether everyone who reaches the pods may do everything; empty: on minikube (storage `minikube-hostpath`) alone.",
        parse: orEmpty(truth),
      },
      nodeCertificates: secretName("all nodes", "`ca.crt`, `node.crt`, `node.key`", "cockroachdb.node"),
      clientCertificates: secretName(
        "the client `root`",
        "`ca.crt`, `client.root.crt`, `client.root.key`",
        "cockroachdb.client.root",
      ),
      sqlClient: { ...flag, meaning: "Whether there is a pod, `<name>-client`, to run the SQL client in." },
      loadGenerator: { ...flag, meaning: "Whether a Deployment keeps the cluster busy." },
    },
  },
} satisfies Record<Topology, { overrides: (keyof typeof commonKeys)[]; own: Record<string, Key> }>;

/** The keys that hold an object for one topology each: `ephemeral: {replicas: 2}`. */
export const objectKeys = Object.fromEntries(
  topologies.map((topology) => [
    topology,
    {
      type: "object",
      default: {},
      unit: "",
      allowed: `an object of ${[...topologyKeys[topology].overrides, ...Object.keys(topologyKeys[topology].own)].join(", ")}`,
      meaning: `What holds for \`${topology}\` alone.`,
      parse: object,
    } satisfies Key,
  ]),
) as Record<Topology, Key<object>>;
