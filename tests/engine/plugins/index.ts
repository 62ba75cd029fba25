/** Makes the resources that the environment variable RESOURCES declares, in JSON. */
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

export interface Declaration {
  /** The class, below its package: `kubernetes.core.v1.ConfigMap`. */
  type: string;
  /** The logical name. */
  name: string;
  args: object;
  options?: pulumi.CustomResourceOptions;
  /** With what a hook refuses updates, in preview too. */
  refusal?: string;
}

type Made = pulumi.CustomResource & { result?: pulumi.Output<string> };
type Class = new (name: string, args: object, options: pulumi.CustomResourceOptions) => Made;

function make({ type, name, args, options, refusal }: Declaration): Made {
  const below = (here: unknown, part: string) => (here as Record<string, unknown>)[part];
  const Found = type.split(".").reduce<unknown>(below, { kubernetes, random }) as Class;
  const refuse = () => {
    throw new Error(refusal);
  };
  const hooks = refusal ? { beforeUpdate: [new pulumi.ResourceHook(`${name}-guard`, refuse, { onDryRun: true })] } : {};
  return new Found(name, args, { ...options, hooks });
}

const made = (JSON.parse(process.env.RESOURCES ?? "[]") as Declaration[]).map(make);

/** What resources of the random package made up. */
export const results = made.flatMap(({ result }) => result ?? []);
