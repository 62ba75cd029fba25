import {
  AdoptedTemplate,
  Affinity,
  Auth,
  ClientCertificates,
  Egress,
  LocalVolume,
  MemberServiceAccess,
  Metrics,
  Peer,
  PodSecurity,
  PodTemplatePatch,
  Repair,
  Role,
  ServiceAccess,
  Storage,
  storageClasses,
  Toleration,
  VolumeRetention,
} from "../components/index";
import { optionFormat } from "../components/cassandra/refusedOptions";
import { shapes } from "../components/args/shapes";
import { isRegistry } from "../components/args/imageReference";
import { matches } from "../components/args/valueChecks";
import type { RackNodeSelectors } from "../components/objects/racks";
import { flag, Key, numberOf, textOf, textOrEmpty, valueOf } from "./keys";
import { emptyOr, heap, issuer, list, object, oneOf, orEmpty, shaped, truth, wholeNumber } from "./parsers";

/** Topologies that a stack can run. */
export const topologies = ["persistent", "ephemeral", "daemon", "pod", "cockroachdb"] as const;
export type Topology = (typeof topologies)[number];

const storages = [...Object.keys(storageClasses), "existing"] as Storage[];
const retentions = Object.values(VolumeRetention);
const auths = Object.values(Auth);
const templates = Object.values(AdoptedTemplate);
const egresses = Object.values(Egress);
const repairs = Object.values(Repair);
const metrics = Object.values(Metrics);
const podSecurities = Object.values(PodSecurity);
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
      "What the stack runs: `persistent` is a StatefulSet with a volume for each member, `ephemeral` a ReplicationController " +
      "whose data goes with its pods, `daemon` a DaemonSet, `pod` a single Pod, `cockroachdb` a CockroachDB cluster. The " +
      "first Cassandra ring is named `cassandra`, further rings `cassandra-<topology>`.",
    words: topologies,
    parse: list(oneOf(...topologies), 1),
  },
  replicas: {
    type: "string",
    // Pulumi passes a default as if the stack had set it. With a number here, the program could not tell a stack that sets no
    // count from a stack that asks for three.
    default: "",
    unit: "members",
    allowed: shapes.replicas.allowed,
    meaning: "Members of each topology that has a count: persistent, ephemeral and cockroachdb (empty: 3).",
    parse: (raw) => (raw === "" ? 3 : wholeNumber(shapes.replicas)(raw)),
  },
  storage: {
    type: "string",
    default: "existing",
    unit: "",
    meaning:
      "Where volumes come from: a platform whose StorageClass the program makes, static `local` volumes, or an `existing` " +
      "StorageClass.",
    words: storages,
    ...valueOf<Storage>(shapes.storage),
  },
  storageClassName: {
    type: "string",
    default: "",
    unit: "",
    meaning:
      "Name of the StorageClass. With `existing`: the class to use (empty: the cluster's default). Else: the class to make " +
      "(empty: `<namespace>-cassandra`).",
    ...textOf(shapes.storageClassName),
  },
  volumeSize: {
    type: "string",
    default: "1Gi",
    unit: "quantity",
    meaning: "Size of each member's volume.",
    ...textOf(shapes.volumeSize),
  },
  volumeRetention: {
    type: "string",
    default: "retain",
    unit: "",
    meaning:
      "What `pulumi destroy` does with volumes, the ring record and the superuser. Scaling down deletes a member's volume " +
      "once the member's data has moved to other members.",
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
      "Folders on nodes that become static volumes with storage `local`: the first for member 0, and so on, over the racks in " +
      "turn. The folders must exist.",
    parse: shaped<LocalVolume[]>(shapes.localVolumes),
  },
  image: {
    type: "string",
    default: "docker.io/library/cassandra:5.0.9",
    unit: "",
    meaning: "Image of Cassandra 4.0 to 5.0: the official image, or one with the same entry point.",
    ...textOf(shapes.image),
  },
  imageRegistry: {
    type: "string",
    default: "",
    unit: "",
    allowed: "a registry with or without a path in lower case, such as mirror.example:5000/docker, or empty",
    meaning: "Registry from which all images are pulled, in place of the registry in their names.",
    parse: orEmpty(shaped<string>({ is: isRegistry })),
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
    meaning: "CPU request of each member.",
    ...textOf(shapes.cpu),
  },
  cpuLimit: {
    type: "string",
    default: "",
    unit: "quantity",
    meaning:
      "CPU limit of each member (empty: none, which is best: a member that is throttled during garbage collection may look dead to " +
      "the others).",
    ...textOrEmpty(shapes.cpuLimit),
  },
  maxHeap: {
    type: "string",
    default: "",
    unit: "M or G",
    allowed: "a whole number of M or G, at least 256M and below memory, or empty",
    meaning:
      "Java heap of each member (empty: half of memory, at most 31G). Cassandra needs about as much memory again outside the " +
      "heap.",
    parse: (raw) => (raw === "" ? 0 : heap(raw)),
  },
  nodeSelector: {
    type: "object",
    default: {},
    unit: "",
    meaning:
      "Labels of the nodes that may run members. With `daemon`, each of these nodes runs one. Empty: every node.",
    ...valueOf<Record<string, string>>(shapes.nodeSelector),
  },
  tolerations: {
    type: "array",
    items: "object",
    default: [],
    unit: "",
    meaning: "Taints of nodes that members tolerate, as `[{key: dedicated, value: cassandra, effect: NoSchedule}]`.",
    isTyped: true,
    ...valueOf<Toleration[]>(shapes.tolerations),
  },
  affinity: {
    type: "object",
    default: {},
    unit: "",
    meaning:
      "Affinity of members to nodes and pods, as a pod's spec has it. CockroachDB's nodes prefer nodes of their own unless " +
      "`podAntiAffinity` says otherwise.",
    isTyped: true,
    ...valueOf<Affinity>(shapes.affinity),
  },
  priorityClassName: {
    type: "string",
    default: "",
    unit: "",
    meaning: "PriorityClass of members, which must exist (empty: the cluster's default).",
    ...textOrEmpty(shapes.priorityClassName),
  },
  podSecurity: {
    type: "string",
    default: "restricted",
    unit: "",
    meaning:
      "`restricted`: pods name the user and group that the image expects. `openshift`: pods name none, since OpenShift's SCC " +
      "restricted-v2 picks them and refuses pods that name others. Both meet the Pod Security Standard `restricted`. A change restarts " +
      "members one at a time.",
    words: podSecurities,
    ...valueOf<PodSecurity>(shapes.podSecurity),
  },
  podTemplatePatch: {
    type: "object",
    default: {},
    unit: "",
    meaning:
      "Whatever else pods are to have, as `{metadata: {labels: {team: data}}, spec: {containers: [{name: cassandra, env: [...]}]}}`: a " +
      "strategic merge patch over their template, with annotations, sidecars, init containers, volumes, the size of scratch volumes, the " +
      "security context; and `serviceAccount: {annotations}`. What a ring stands on is refused. A change restarts members one at a time.",
    isTyped: true,
    ...valueOf<PodTemplatePatch>(shapes.podTemplatePatch),
  },
  namespace: {
    type: "string",
    default: "",
    unit: "",
    meaning:
      "Namespace of all objects that have one (empty: `kubernetes:namespace`, else the namespace of the kubeconfig's context, else " +
      "`default`).",
    ...textOrEmpty(shapes.namespace),
  },
  createNamespace: {
    ...flag,
    meaning: "Whether the program makes the namespace. It never deletes the namespace, which may hold volumes.",
  },
  clientsFrom: {
    type: "array",
    items: "object",
    default: [],
    unit: "",
    meaning:
      "Who may reach CQL (with CockroachDB: SQL and the admin UI), where the cluster's network enforces policies (empty: the " +
      "pods of the namespace). Members always reach each other.",
    ...valueOf<Peer[]>(shapes.clientsFrom),
  },
  egress: {
    type: "string",
    default: "open",
    unit: "",
    meaning:
      "Where members may connect to, where the cluster's network enforces policies. `open`: the ring's NetworkPolicy does not say. " +
      "`members`: to each other, DNS and the API server alone, also in a namespace whose default policy denies egress.",
    words: egresses,
    ...valueOf<Egress>(shapes.egress),
  },
  service: {
    type: "object",
    default: {},
    unit: "",
    meaning:
      "How clients from outside the Kubernetes cluster reach the Service `<name>-client`: its `type`, `annotations` for the cloud's load " +
      "balancer, and `loadBalancerSourceRanges`, which the NetworkPolicy admits as well. Empty: only from inside.",
    ...valueOf<ServiceAccess>(shapes.service),
  },
  memberService: {
    type: "object",
    default: {},
    unit: "",
    meaning:
      "An address for each member of a persistent ring, for drivers outside the Kubernetes cluster that find members by themselves: `type` " +
      "(`LoadBalancer`, one for each member), `annotations` for the cloud, and `loadBalancerSourceRanges`, which the NetworkPolicy admits as " +
      "well. All drivers are told these addresses, inside the cluster too. A change restarts members one at a time. Empty: none.",
    allowed: `${shapes.memberService.allowed}, or empty`,
    parse: emptyOr(shaped<MemberServiceAccess>(shapes.memberService)),
  },
  auth: {
    type: "string",
    default: "password",
    unit: "",
    meaning:
      "`password`: clients log in, and Cassandra's default role cannot. `none`: everybody who reaches CQL may do everything. " +
      "It cannot change while the ring runs.",
    words: auths,
    ...valueOf<Auth>(shapes.auth),
  },
  superuser: {
    type: "string",
    default: "admin",
    unit: "",
    meaning: "Name of the role that may do everything. The stack output `superuser` tells its password.",
    ...textOf(shapes.superuser),
  },
  superuserPassword: {
    type: "string",
    default: "",
    unit: "",
    meaning:
      "Password of the superuser, set with `pulumi config set --secret` (empty: 32 random letters and digits). A running ring " +
      "takes a new password at once; sessions go on.",
    isSecret: true,
    ...textOrEmpty(shapes.superuserPassword),
  },
  superuserSecret: {
    type: "string",
    default: "",
    unit: "",
    meaning:
      "Secret of the namespace that somebody else makes, whose key `password` is the superuser's password. Each update reads it anew " +
      "(empty: `superuserPassword`).",
    ...textOrEmpty(shapes.superuserSecret),
  },
  roles: {
    type: "array",
    items: "object",
    default: [],
    unit: "",
    meaning:
      "Further roles of a ring with a login, as `[{name: app, secretName: app-login, grants: [{permissions: [SELECT, MODIFY], keyspace: " +
      "shop}]}]`. Each has its password in a Secret of the namespace that somebody else makes (`username`, `password`), which each update " +
      "reads anew. Permissions are CREATE, ALTER, DROP, SELECT, MODIFY and AUTHORIZE, on a `table` of a `keyspace`, on a `keyspace`, or on all " +
      "keyspaces. `superuser: true`: the role may do everything. `adopt: true`: takes over a role that others have made. A role that leaves " +
      "the list is dropped.",
    isTyped: true,
    ...valueOf<Role[]>(shapes.roles),
  },
  tls: {
    type: "string",
    default: "none",
    unit: "",
    allowed: `one of ${tlsChoices.join(", ")}`,
    meaning:
      "`secret`: members and clients encrypt what they send, with certificates from a Secret; new certificates need no " +
      "restart. `cert-manager`: cert-manager makes and renews that Secret. It cannot change while the ring runs.",
    words: tlsChoices,
    parse: oneOf(...tlsChoices),
  },
  tlsSecret: {
    type: "string",
    default: "",
    unit: "",
    meaning:
      "Secret of the certificates, with `tls.crt`, `tls.key` in PKCS#8, and the `ca.crt` that members and clients trust, as " +
      "cert-manager makes it (empty: `<ring>-tls`). The authority must sign for this ring alone: everybody with one of its " +
      "certificates is admitted as a member.",
    ...textOrEmpty(shapes.tlsSecret),
  },
  tlsIssuer: {
    type: "string",
    default: "",
    unit: "",
    allowed: "Issuer/<name> or ClusterIssuer/<name>, or empty",
    meaning:
      "Issuer of the certificates with `tls: cert-manager` (empty: an authority of the ring's own). Everybody with a " +
      "certificate of that issuer is admitted as a member. It cannot change while the ring runs.",
    parse: issuer,
  },
  clusterDomain: {
    type: "string",
    default: "cluster.local",
    unit: "",
    meaning:
      "With `tls: cert-manager`: DNS domain of the Kubernetes cluster, for the names in full that the certificates hold. A ring needs it " +
      "for nothing else: its names resolve in every domain. cert-manager issues the certificates anew when it changes, and no member restarts.",
    ...textOf(shapes.clusterDomain),
  },
  clientCertificates: {
    type: "string",
    default: "none",
    unit: "",
    meaning:
      "With `tls`. `required`: clients must show a certificate that `ca.crt` has signed, and log in as well. Members restart " +
      "one at a time, and each refuses clients without a certificate from then on.",
    words: clientChoices,
    ...valueOf<ClientCertificates>(shapes.clientCertificates),
  },
  clusterName: {
    type: "string",
    default: "cassandra",
    unit: "",
    meaning:
      "Cassandra's cluster name. Further rings are named `<clusterName>-<topology>`. A new ring cannot have the name of " +
      "another ring in the Kubernetes cluster. It cannot change while the ring has data.",
    ...textOf(shapes.clusterName),
  },
  datacenter: {
    type: "string",
    default: "datacenter1",
    unit: "",
    meaning: "Cassandra's name of the data centre, which keyspaces quote. It cannot change while the ring has data.",
    ...textOf(shapes.datacenter),
  },
  racks: {
    type: "array",
    items: "string",
    default: [],
    unit: "",
    meaning:
      "Racks of a persistent ring, each with its own StatefulSet. A rack is the zone of its name (node label " +
      "`topology.kubernetes.io/zone`), unless `rackNodeSelectors` has it. All racks have as many members; `replicas` counts all " +
      "members. Empty: one StatefulSet, spread over all zones. It cannot change while the ring has data.",
    ...valueOf<string[]>(shapes.racks),
  },
  rackNodeSelectors: {
    type: "object",
    default: {},
    unit: "",
    meaning:
      "Labels of the nodes of racks that are no zones, by the name of the rack: other labels than that of the zone, or several racks in " +
      "a zone.",
    ...valueOf<RackNodeSelectors>(shapes.rackNodeSelectors),
  },
  jvmOptions: {
    type: "array",
    items: "string",
    default: [],
    unit: "",
    allowed: shapes.jvmOptions.allowed,
    meaning:
      "More JVM options of each member. Properties of Cassandra must exist in the image's version. Options that other keys " +
      "set, and options that endanger data, are refused.",
    parse: list(shaped<string>({ is: matches(optionFormat) })),
  },
  lockMemory: {
    ...flag,
    meaning:
      "Whether members have the capability IPC_LOCK, as in the tutorials, which keeps their memory from being swapped out. " +
      "Java uses it only in images that set it on Java's file, or that start Java as root. The namespace must allow it.",
  },
  cassandraYaml: {
    type: "object",
    default: {},
    unit: "",
    allowed: shapes.cassandraYaml.allowed,
    meaning:
      "Keys of cassandra.yaml, as `{concurrent_reads: 64}`. They win over the keys of the image and of the program; null removes a " +
      "key. Values that would lose data are refused. A change restarts members one at a time. Set with `--secret`, the keys go into a Secret.",
    isTyped: true,
    parse: object,
  },
  repair: {
    type: "string",
    default: "schedule",
    unit: "",
    meaning:
      "`schedule`: each member runs `nodetool repair -full -pr` once in `repairInterval`, one member at a time. A repair ends within " +
      "seconds where the ring is about to change, and goes on afterwards. `off`: you repair the ring yourself. A change restarts " +
      "members one at a time.",
    words: repairs,
    ...valueOf<Repair>(shapes.repair),
  },
  repairInterval: {
    type: "string",
    default: "4d",
    unit: "",
    meaning:
      "Time between the beginnings of two repairs of a member. Rows that were deleted come back where data stays unrepaired for longer " +
      "than `gc_grace_seconds` of its table, ten days unless set otherwise.",
    ...textOf(shapes.repairInterval),
  },
  metrics: {
    type: "string",
    default: "none",
    unit: "",
    meaning:
      "How Prometheus finds the members' metrics at port 9500. `annotations`: by the pods' annotations `prometheus.io/scrape`, `port` and " +
      "`path`; its rules are in ConfigMap `<name>-alerts`. `podMonitor`: by a PodMonitor and a PrometheusRule of the Prometheus operator. " +
      "Both make a dashboard that Grafana's sidecar takes. A change restarts members one at a time.",
    words: metrics,
    ...valueOf<Metrics>(shapes.metrics),
  },
  metricsFrom: {
    type: "array",
    items: "object",
    default: [],
    unit: "",
    meaning:
      "Who may read the metrics, where the cluster's network enforces policies, as `clientsFrom` has it (empty: the pods of namespace " +
      "`monitoring`).",
    ...valueOf<Peer[]>(shapes.metricsFrom),
  },
  metricsLabels: {
    type: "object",
    default: {},
    unit: "",
    meaning:
      "With `metrics: podMonitor`: labels by which the Prometheus operator selects what it reads, as `{release: kube-prometheus-stack}`.",
    ...valueOf<Record<string, string>>(shapes.metricsLabels),
  },
  stallTimeoutMinutes: {
    type: "string",
    default: "15",
    unit: "minutes",
    allowed: "a whole number from 1 to 1440",
    meaning:
      "Minutes without progress after which `pulumi up` stops waiting for a step of a ring, such as a decommission or a " +
      "bootstrap. The step goes on in the ring, and the next `pulumi up` waits for it again.",
    parse: wholeNumber({ is: (minutes) => (minutes as number) <= 1440 }),
  },
  acceptDataLoss: {
    ...flag,
    meaning: "Allows an edit that abandons data, such as a change of topology. Remove it after that edit.",
  },
} satisfies Record<string, Key>;

const name = {
  type: "string",
  default: "",
  unit: "",
  meaning:
    "Name of the ring, its StatefulSet and its Services (empty: as `topologies` says). Another name makes another ring.",
  ...textOrEmpty(shapes.name),
} as const;

const secretName = (whose: string, files: string, value: string) =>
  ({
    type: "string",
    default: value,
    unit: "",
    meaning: `Secret with the certificates of ${whose}, made by \`cockroach cert\`: ${files}. It must exist unless \`insecure\` is true.`,
    ...textOf(shapes.tlsSecret),
  }) as const;

const ofPlacement = [
  "cpuLimit",
  "nodeSelector",
  "tolerations",
  "affinity",
  "priorityClassName",
  "podSecurity",
  "podTemplatePatch",
] as const;

const ofCassandra = [
  "image",
  "memory",
  "cpu",
  ...ofPlacement,
  "maxHeap",
  "clusterName",
  "datacenter",
  "jvmOptions",
  "cassandraYaml",
  "lockMemory",
  "repair",
  "repairInterval",
  "metrics",
  "metricsFrom",
  "metricsLabels",
  "clientsFrom",
  "egress",
  "service",
  "auth",
  "superuser",
  "superuserPassword",
  "superuserSecret",
  "roles",
  "tls",
  "tlsSecret",
  "tlsIssuer",
  "clusterDomain",
  "clientCertificates",
] as const;

/** For each topology, the keys above that its object may set otherwise, and those that only it has. */
export const topologyKeys = {
  persistent: {
    overrides: [
      "replicas",
      "racks",
      "rackNodeSelectors",
      "memberService",
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
          "Takes over the StatefulSet and the Service of that name which manifests of the Kubernetes tutorials made, with " +
          "their pods and data. It stays set from then on.",
      },
      podTemplate: {
        type: "string",
        default: "kept",
        unit: "",
        meaning:
          "Of an adopted ring. `kept`: its pods stay as they are. `own`: its pods restart one at a time with this program's " +
          "pod template.",
        words: templates,
        ...valueOf<AdoptedTemplate>(shapes.adopt),
      },
      rack: {
        type: "string",
        default: "",
        unit: "",
        meaning: "Of an adopted ring: Cassandra's name of its rack (empty: `Rack1-K8Demo`).",
        ...textOrEmpty(shapes.rack),
      },
      numTokens: {
        type: "string",
        default: "16",
        unit: "tokens",
        meaning: "Of an adopted ring: number of tokens of each member.",
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
      hostPath: {
        type: "string",
        default: "",
        unit: "",
        meaning:
          "Folder of each node that holds the data of its member and outlives the pods. Empty: data lies in the pods, which " +
          "stream it to other members before they end.",
        ...textOrEmpty(shapes.hostPath),
      },
    },
  },
  pod: {
    overrides: [...ofCassandra],
    own: { name },
  },
  cockroachdb: {
    overrides: ["replicas", "volumeSize", "volumeRetention", "memory", "cpu", "clientsFrom", "egress", ...ofPlacement],
    own: {
      name,
      image: {
        ...commonKeys.image,
        default: "docker.io/cockroachdb/cockroach:v23.1.28",
        meaning: "CockroachDB's image. Mind its licence: v23.1.28 is free, other versions may not be.",
      },
      localVolumes: {
        ...commonKeys.localVolumes,
        meaning: "As `localVolumes` of the stack, for the nodes of this cluster.",
      },
      insecure: {
        ...flag,
        default: "",
        allowed: "true or false, or empty",
        meaning:
          "Whether everybody who reaches the pods may do everything (empty: only on minikube, with storage " +
          "`minikube-hostpath`).",
        parse: orEmpty(truth),
      },
      nodeCertificates: secretName("all nodes", "`ca.crt`, `node.crt`, `node.key`", "cockroachdb.node"),
      clientCertificates: secretName(
        "the client `root`",
        "`ca.crt`, `client.root.crt`, `client.root.key`",
        "cockroachdb.client.root",
      ),
      sqlClient: { ...flag, meaning: "Whether there is a pod `<name>-client` in which to run the SQL client." },
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
      meaning: `Values for topology \`${topology}\` alone.`,
      parse: object,
    } satisfies Key,
  ]),
) as Record<Topology, Key<object>>;
