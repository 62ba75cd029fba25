import { Lab } from "../../../lab/src/lab";
import { officialKubernetesPlugin } from "../../../lab/src/toolchain";

/**
 * Whether the Kubernetes plugin is the one that can be built from its source, 4.25. It differs from the newest in what each test says that
 * asks for it; the lab's stand-in does as the newest.
 */
export const isOlder = (lab: Lab): boolean => lab.kubernetesPlugin === officialKubernetesPlugin;
