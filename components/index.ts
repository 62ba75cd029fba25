export { AdoptedTemplate } from "./operations/adoption";
export { type CassandraPodArgs } from "./objects/podArgs";
export { type Grant, type Role } from "./cassandra/roles";
export { CassandraRing } from "./topologies/cassandraRing";
export { Auth, type CassandraRingArgs, Repair } from "./topologies/ringArgs";
export { CassandraService, type CassandraServiceArgs, type ServiceAccess } from "./objects/services";
export { type KubeContext } from "./kubernetes/apiClient";
export { type CertManager, type IssuerReference } from "./objects/certificates";
export { CockroachCluster, type CockroachClusterArgs } from "./cockroachdb/cockroachCluster";
export { type CockroachCertificates } from "./cockroachdb/cockroachOptions";
export { type CockroachPodArgs } from "./cockroachdb/cockroachPod";
export { DaemonCluster, type DaemonClusterArgs } from "./topologies/daemonCluster";
export { DataGuard } from "./operations/dataGuard";
export { EphemeralCluster, type EphemeralClusterArgs } from "./topologies/ephemeralCluster";
export { KubernetesCluster, type KubernetesClusterArgs } from "./kubernetes/kubernetesCluster";
export { LocalVolumes, type LocalVolume, type LocalVolumesArgs } from "./objects/persistentVolumes";
export { type Peer } from "./objects/networkPolicy";
export { type PodTemplatePatch } from "./objects/podTemplatePatch";
export { Egress } from "./objects/networkPolicy";
export { PodSecurity } from "./objects/podSecurity";
export { type Affinity, type Placement, type Toleration } from "./objects/placement";
export { type MemberServiceAccess } from "./objects/memberServices";
export { Metrics } from "./monitoring/monitoring";
export { PersistentCluster, type PersistentClusterArgs } from "./topologies/persistentCluster";
export { endWithEngine } from "./engine/endWithEngine";
export { usePropertyNames } from "./engine/propertyNames";
export { ringChangeValidator } from "./operations/ringGuard";
export { type RingSnapshot, type RingSnapshots } from "./operations/ringSnapshots";
export { enforceLabel, refuseOtherStandard } from "./objects/podSecurityStandard";
export { ClientCertificates } from "./objects/tls";
export { SinglePod, type SinglePodArgs } from "./topologies/singlePod";
export {
  CassandraStorage,
  type CassandraStorageArgs,
  type Storage,
  storageClasses,
  VolumeRetention,
} from "./objects/storageClass";
