/** What somebody may do to the program from outside: the environment says what. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const { PROVIDER: providerName, SELECTOR: selected } = process.env;
const provider = providerName ? new k8s.Provider(providerName, {}) : undefined;

type Labels = Record<string, string>;
interface Workload {
  spec: { selector: { matchLabels: Labels }; template: { metadata: { labels: Labels } } };
}

/** With one more label of its pods, by which it finds them. */
function relabelled(props: unknown): object {
  const { spec, ...rest } = props as Workload;
  const { selector, template } = spec;
  const more = { selected: selected! };
  return {
    ...rest,
    spec: {
      ...spec,
      selector: { matchLabels: { ...selector.matchLabels, ...more } },
      template: {
        ...template,
        metadata: { ...template.metadata, labels: { ...template.metadata.labels, ...more } },
      },
    },
  };
}

pulumi.runtime.registerResourceTransform(({ type, custom, props, opts }) => {
  if (!custom || !type.startsWith("kubernetes:")) return undefined;
  const isSelecting = /:(StatefulSet|DaemonSet)$/.test(type);
  return {
    props: selected && isSelecting ? relabelled(props) : props,
    opts: provider ? { ...opts, provider } : opts,
  };
});
