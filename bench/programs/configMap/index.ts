import * as k8s from "@pulumi/kubernetes";

new k8s.core.v1.ConfigMap("one", { metadata: { namespace: "default", name: "one" }, data: { one: "1" } });
