/** What somebody may do to the program from outside: the environment says what. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const { PROVIDER: providerName, SELECTOR: selected } = process.env;
/** With what the stack's config says to the default one. */
const provider = providerName ? new k8s.Provider(providerName, { enablePatchForce: true }) : undefined;

/** With one more label by which it finds its pods, as another version of the program might have it. */
function reselected(props: unknown): object {
  const { spec, ...rest } = props as { spec: { selector: { matchLabels: object } } };
  return { ...rest, spec: { ...spec, selector: { matchLabels: { ...spec.selector.matchLabels, selected } } } };
}

pulumi.runtime.registerResourceTransform(({ type, custom, props, opts }) => {
  if (!custom || !type.startsWith("kubernetes:")) return undefined;
  const isSelecting = /:(StatefulSet|DaemonSet)$/.test(type);
  return {
    props: selected && isSelecting ? reselected(props) : props,
    opts: provider ? { ...opts, provider } : opts,
  };
});
