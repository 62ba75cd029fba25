import * as pulumi from "@pulumi/pulumi";
import { wrongArgs } from "./argShapes";
import { CassandraPodArgs } from "./cassandraPod";
import { CassandraYaml } from "./cassandraYaml";
import { keyRefusal, Protection } from "./refusedKeys";
import { optionRefusal } from "./refusedOptions";
import { allowedVersions, unknownVersion } from "./upgrade";

/**
 * The args of a ring's pods, none of which takes away what keeps its rows safe. What is known only later is looked at then, in
 * preview as well if it is known there.
 * @param ring that it is of
 * @throws {pulumi.ResourceError} naming each arg that is wrong, its value and why, a line for each
 */
export function checkedPodArgs<Args extends CassandraPodArgs>(
  args: Args,
  protection: Protection,
  ring: pulumi.Resource,
): Args {
  const { jvmOptions = [], cassandraYaml, image, clientCertificates } = args;
  const refuse = (problems: string[]) => {
    if (problems.length > 0) throw new pulumi.ResourceError(problems.join("\n"), ring);
  };
  const isLater = pulumi.Output.isInstance(cassandraYaml);
  const isImageLater = typeof image !== "string";
  refuse([
    ...wrongArgs(args),
    ...(clientCertificates === "required" && protection.tls === "none"
      ? [
          'cassandra:clientCertificates: "required" is not allowed while nothing is encrypted; allowed is tlsSecret beside it',
        ]
      : []),
    ...wrongOptions(jvmOptions),
    ...(isLater ? [] : wrongKeys(cassandraYaml, protection, false)),
    ...(isImageLater ? [] : wrongImage(image)),
  ]);
  return {
    ...args,
    ...(isImageLater && {
      image: pulumi.output(image).apply((known) => {
        refuse(wrongImage(known));
        return known;
      }),
    }),
    ...(isLater && {
      cassandraYaml: (cassandraYaml as pulumi.Output<CassandraYaml>).apply((known) => {
        refuse(wrongKeys(known, protection, true));
        return known;
      }),
    }),
  };
}

function wrongImage(image: string): string[] {
  const why = unknownVersion(image);
  return why ? [`cassandra:image: "${image}" is not allowed: ${why}; allowed is ${allowedVersions}`] : [];
}

function wrongOptions(options: string[]): string[] {
  return options.flatMap((option) => {
    const why = optionRefusal(option);
    return why ? [`cassandra:jvmOptions: "${option}" ${why}`] : [];
  });
}

function wrongKeys(yaml: CassandraYaml = {}, protection: Protection, isHidden: boolean): string[] {
  return Object.entries(yaml).flatMap(([key, value]) => {
    // It is written into the file as it is, where one with a colon and a line break would be two keys.
    if (!/^\w+$/.test(key))
      return [`cassandra:cassandraYaml: ${JSON.stringify(key)} is not allowed; allowed is the name of a key`];
    const refusal = keyRefusal(key, value, protection);
    if (!refusal) return [];
    const shown = isHidden ? "[secret]" : typeof value === "string" ? value : JSON.stringify(value);
    return [`cassandra:cassandraYaml.${key}: ${"value" in refusal ? `"${shown}" ` : ""}${refusal.why}`];
  });
}
