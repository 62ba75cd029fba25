import { PersistentCluster } from "../../../components/index";
import { aloneArgs } from "../aloneArgs";

const ring = new PersistentCluster("alone", {
  ...aloneArgs,
  replicas: 3,
  volumeSize: "1Gi",
  volumeRetention: "delete",
});

export const contactPoints = ring.contactPoints;
