import { Lab } from "../../../lab/src/lab";
import { smallMembers } from "../../support/stack";
import { Load } from "../../support/load";
import { RingStack } from "../../support/ringStack";

/** Rows with one copy each, in table `rows.numbers`. */
export const singleRows = 1000;

/** Where an event takes place: a persistent ring, and the requests that it gets meanwhile. */
export class Scene {
  /** What makes requests while the event lasts. */
  load!: Load;
  private settings: Record<string, unknown> = {
    ...smallMembers,
    storage: "minikube-hostpath",
    storageClassName: "fast",
    metrics: "podMonitor",
  };

  constructor(
    readonly lab: Lab,
    readonly stack: RingStack,
  ) {}

  /** Edits the stack file: settings that are not named stay as they are, and those that are undefined go. */
  edit(settings: Record<string, unknown>): void {
    const all = Object.entries({ ...this.settings, ...settings });
    this.settings = Object.fromEntries(all.filter(([, value]) => value !== undefined));
    this.stack.configure(this.settings);
  }

  /** Edits `replicas`, and looks at the ring and at the rows afterwards. @returns what `pulumi up` printed */
  async scaleTo(replicas: number): Promise<string> {
    this.edit({ replicas });
    const said = await this.stack.up();
    await this.stack.oneRing(replicas);
    await this.stack.everyPodCounts(singleRows);
    return said;
  }

  /** Waits until a ring of the same members serves again, at other addresses. */
  async backWith(members: number): Promise<void> {
    await this.stack.serving(members);
    this.load.moved(await this.addresses());
    await this.stack.oneRing(members);
  }

  async addresses(): Promise<string[]> {
    return (await this.stack.pods()).map(({ status }) => status.podIP!);
  }
}

/** An event in the life of a ring that serves requests. */
export interface RingEvent {
  /** What happens, as the report names it. */
  title: string;
  /** Members when it begins. @default 3 */
  members?: number;
  /** Copies of each row that is written meanwhile. @default 3 */
  copies?: number;
  /** Whether no request may fail, because users do this on purpose. */
  planned: boolean;
  /** Whether rows with one replica can be read all the time, because no pod ends before it has streamed them to others. */
  keepsSingleRows?: boolean;
  /** Whether a volume is lost, and with it rows that had one replica. */
  losesDisk?: boolean;
  run(scene: Scene): Promise<void>;
}
