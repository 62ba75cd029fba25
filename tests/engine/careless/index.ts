import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

const config = new pulumi.Config();
/** Another size and another image, for the second update. */
const isLater = config.getBoolean("later") ?? false;
const kubeconfig = config.get("kubeconfig");
/** A provider of its own, where it is told the cluster. */
const provider = kubeconfig === undefined ? undefined : new k8s.Provider("own", { kubeconfig });

const labels = { app: "shop" };
new k8s.apps.v1.StatefulSet(
  "shop",
  {
    metadata: { name: "shop" },
    spec: {
      replicas: isLater ? 1 : 2,
      serviceName: "shop",
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "shop", image: isLater ? "shop:2" : "shop", ports: [{ containerPort: 80 }] }] },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: "cart" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: isLater ? "2Gi" : "1Gi" } } },
        },
      ],
    },
  },
  { provider },
);
new k8s.core.v1.Service("shop", { spec: { type: "NodePort", selector: labels, ports: [{ port: 80 }] } }, { provider });
