import { Lab } from "../../../lab/src/lab";
import { deletePodAndVolume, isReplaced } from "../steps/replaceMember";
import { RingEvent } from "./ringEvent";

export const lostNode: RingEvent = {
  title: "a node lost for good",
  planned: false,
  losesDisk: true,
  async run(scene) {
    const { lab, stack } = scene;
    const before = await stack.oneRing(3);
    const node = (await stack.pods())[2].spec.nodeName!;
    const victims = (await stack.pods()).filter(({ spec }) => spec.nodeName === node);
    await lab.faults.stopNode(Number(node.replace("node", "")));
    await lab.kubectl(["delete", "node", node]);
    await deletePodAndVolume(lab, 2);
    await stack.serving(3, { gone: victims.map(({ metadata }) => metadata.uid) });
    await isReplaced(stack, 2, before);
    await Lab.up({ name: lab.instance.name });
  },
};
