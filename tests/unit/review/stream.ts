/** Events of previews, and what the report says of them. */
import { readPreview } from "../../../review/events";
import { PlainTexts } from "../../../review/plainTexts";
import { report } from "../../../review/report";

export const urn = (type: string, name: string) => `urn:pulumi:dev::cassandra::${type}::${name}`;
export const secret = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "[secret]",
};
export const stream = (...events: object[]) => events.map((event) => JSON.stringify(event)).join("\n");
export const prelude = { preludeEvent: { config: { "cassandra:replicas": "3" } } };
export const summary = (result = "succeeded") => ({ summaryEvent: { result } });
export const step = (op: string, type: string, name: string, before?: object, after?: object) => ({
  resourcePreEvent: {
    metadata: {
      op,
      urn: urn(type, name),
      type,
      ...(before && { old: { inputs: before, parent: "" } }),
      ...(after && { new: { inputs: after, parent: "" } }),
    },
  },
});
export const says = (severity: string, message: string, resource?: string) => ({
  diagnosticEvent: { severity, message, color: "never", ...(resource && { urn: resource }) },
});

/** The report on a preview. */
export const told = (...events: object[]) => toldKnowing([], ...events);

/** The report on a preview. @param secrets plain texts that the state and the config have */
export function toldKnowing(secrets: string[], ...events: object[]): string {
  const preview = readPreview(stream(prelude, ...events));
  const known = new PlainTexts(secrets, preview);
  return report({ stack: "dev", stackFile: "Pulumi.dev.yaml", preview, config: [], known });
}
