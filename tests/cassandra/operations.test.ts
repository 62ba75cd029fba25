import { Lab } from "../../lab/src/lab";
import { inRingLab, RingStack } from "../support/ringStack";
import { growingClass, smallMembers } from "../support/stack";
import { Page, pages, Scene } from "./operations/pages";
import { runPage } from "./operations/runPage";

const minutes = 60_000;
const rows = 500;

describe("the pages of docs/operations, followed on a persistent ring", function () {
  this.timeout(40 * minutes);
  let lab: Lab;
  let stack: RingStack;
  /** Whether nobody knows what state a page that failed has left the ring in. */
  let isUnknown = true;
  const configure = (settings: Record<string, unknown>) =>
    stack.configure({ ...smallMembers, storage: "existing", storageClassName: "growing", ...settings });
  const scene = (): Scene => ({ lab, stack, configure });

  inRingLab((made) => ({ lab, stack } = made));

  before(() => lab.kubectl(["apply", "-f", "-"], { input: JSON.stringify(growingClass) }));

  /** The ring that a page begins with, and rows with three replicas. */
  async function prepare({ members = 3 }: Page): Promise<void> {
    if (members === 0) return;
    const pods = await stack.pods();
    if (pods.length === 0) configure({ replicas: members });
    else if (isUnknown || pods.length !== members) await stack.set({ replicas: `${members}` });
    if (isUnknown || pods.length !== members) await stack.up();
    await stack.oneRing(members);
    if ((await stack.countRows("cassandra-0").catch(() => 0)) !== rows) await stack.writeRows("cassandra-0", rows, 3);
  }

  for (const page of pages) {
    const { name, isShort, members = 3, after = members, before: happens, check, cleanUp } = page;
    it(`${isShort ? "" : "@all "}${name}: each command does what the page says, and every row is there`, async () => {
      await prepare(page);
      isUnknown = true;
      const given = await happens?.(scene());
      await runPage(stack, name, given);
      if (after > 0) await stack.oneRing(after);
      if (after > 0 && members > 0) await stack.everyPodCounts(rows);
      await check?.(scene());
      await cleanUp?.(scene());
      isUnknown = false;
    });
  }
});
