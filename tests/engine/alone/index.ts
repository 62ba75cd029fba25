import * as pulumi from "@pulumi/pulumi";
import { PersistentCluster, VolumeRetention } from "../../../components/index";
import { aloneArgs } from "../aloneArgs";

/** As docs/guides/components.md shows it. */
const annotateServices: pulumi.ResourceTransform = ({ type, props, opts }) => {
  if (type !== "kubernetes:core/v1:Service") return undefined;
  const { metadata } = props as { metadata: object };
  return { props: { ...props, metadata: { ...metadata, annotations: { "example.com/team": "shop" } } }, opts };
};

const { logicalName = "alone", takesOver } = process.env;
const args = {
  ...aloneArgs,
  replicas: 3,
  volumeSize: "1Gi",
  volumeRetention: VolumeRetention.Delete,
  takesOver: takesOver === "yes",
};
const ring = new PersistentCluster(logicalName, args, { transforms: [annotateServices] });

export const contactPoints = ring.contactPoints;
