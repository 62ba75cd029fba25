import * as k8s from "../kubernetes/resources";
import * as pulumi from "@pulumi/pulumi";
import type { ObjectMetadata } from "./labels";

/** Secret with the changes of cassandra.yaml, if they may hold a secret. @param configuration of `configurationFile` */
export function configurationSecret(
  metadata: ObjectMetadata,
  configuration: pulumi.Input<Record<string, string>>,
): k8s.core.v1.SecretArgs {
  return { metadata, stringData: configuration };
}
