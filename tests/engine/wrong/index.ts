import * as pulumi from "@pulumi/pulumi";
import { RandomPassword } from "@pulumi/random";
import * as components from "../../../components/index";

type Make = new (name: string, args: unknown) => Record<"contactPoints" | "publicService", unknown>;

const config = new pulumi.Config();
const args = (key: string) => Object.entries(config.getObject<Record<string, unknown>>(key) ?? {});

// A preview does not know it, and it is no secret.
const { id } = new RandomPassword("made-by-up", { length: 8 });
const Component = (components as unknown as Record<string, Make>)[config.require("component")];
/** Whoever exports what never comes to be must not wait for it. */
export const { contactPoints, publicService } = new Component("wrong", {
  ...Object.fromEntries(args("now")),
  ...Object.fromEntries(args("later").map(([name, value]) => [name, pulumi.output(Promise.resolve(value))])),
  ...Object.fromEntries(args("unknown").map(([name, value]) => [name, id.apply(() => value)])),
});
