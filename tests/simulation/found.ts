import { Event, History } from "./simulator";

/** A history that was found to lose rows, or never to end, and what was mended. */
export interface Found {
  name: string;
  history: History;
  /** Texts of the pods' scripts, and what stands in their place for the fault to be there again. @default none: it lay elsewhere */
  breaks: [string, string][];
}

const history = (copies: 1 | 3, replicas: number, events: Event[], seed = 0): History => ({
  seed,
  copies,
  replicas,
  events,
});
const ephemeral = (...args: Parameters<typeof history>): History => ({ ...history(...args), kind: "ephemeral" });
const [second, quarter] = [["wait", 1, 0] as Event, ["wait", 15, 0] as Event];
const write: Event = ["write", 3, 0];

export const found: Found[] = [
  {
    name: "a decommission that somebody has begun by hand is not taken for one that has ended",
    history: history(1, 2, [["decommission", 0, 0], second, second, write, write]),
    breaks: [['    if mode == "LEAVING":\n        return WATCH', '    if mode == "LEAVING":\n        return LEFT']],
  },
  {
    name: "what an earlier decommission has sent is not taken for sent",
    history: history(1, 2, [
      ["up", 4, 0],
      ["kill_container", 0, 0],
      ["wait", 90, 0],
      ["decommission", 0, 0],
      quarter,
      ["kill_container", 7, 0],
      second,
      write,
      ["up", 1, 0],
      second,
    ]),
    breaks: [["        roles.forget_sent()\n", "        pass\n"]],
  },
  {
    name: "a member that has left, and whose container ended before the note, does not come back",
    history: history(1, 2, [
      ["decommission", 0, 0],
      ["wait", 8, 0],
      second,
      ["kill_cassandra", 3, 0],
      second,
      second,
      write,
      write,
    ]),
    breaks: [
      ["if see.marker and see.states.left:", "if False:"],
      ["    if listed is False:", "    if False:"],
      ["    if listed is False and see.way and not is_undone:", "    if False:"],
    ],
  },
  {
    name: "half of a replacement is none",
    history: history(3, 3, [["lose_disk", 0, 0], quarter, ["lose_node", 0, 0], second, write, ["cut", 0, 0], write]),
    breaks: [
      [
        "        if see.has_data:\n            # What a half",
        "        if see.has_data:\n            return restart(see)\n            # What a half",
      ],
    ],
  },
  {
    name: "a join that has failed is tried again",
    history: history(3, 3, [["lose_disk", 0, 0], quarter, ["lose_disk", 0, 0], ["cut", 0, 1], quarter]),
    breaks: [['if now.mode == "JOINING_FAILED":', "if False:"]],
  },
  {
    name: "a lost member's place is taken under the address that the ring knows, not the one on record",
    history: history(3, 3, [
      ["delete_pod", 0, 0],
      ["wait", 8, 0],
      ["wait", 3, 0],
      ["lose_disk", 0, 0],
      ["api", 5, 0],
      second,
      write,
      ["cut", 0, 0],
    ]),
    breaks: [['Start("replace", seeds, address)', 'Start("replace", seeds, see.record[lost].split(" ")[1])']],
  },
  {
    name: "nobody joins while a member that took a lost one's place is not whole",
    history: history(
      3,
      4,
      [
        ["delete_pod", 0, 0],
        ["wait", 8, 0],
        write,
        ["wait", 8, 0],
        second,
        ["up", 1, 0],
        ["wait", 40, 0],
        ["lose_disk", 1, 0],
        quarter,
        write,
        ["kill_cassandra", 2, 0],
        write,
        second,
        ["kill_engine", 0, 0],
        ["up", 4, 0],
        ["delete_pod", 0, 0],
        second,
        second,
        ["cut", 0, 0],
        ["up", 1, 0],
        ["decommission", 0, 0],
        second,
        second,
        second,
        ["up", 1, 0],
        second,
        ["cut", 0, 0],
        write,
        ["kill_engine", 0, 0],
      ],
      120539549,
    ),
    breaks: [
      [
        "    owing = see.owing()\n    if owing:\n        return Wait",
        "    owing = []\n    if owing:\n        return Wait",
      ],
    ],
  },
  {
    name: "nobody is taken out of a ring without ordinals while another member is down",
    history: ephemeral(
      3,
      3,
      [
        ["up_to_end", 4, 0],
        second,
        ["decommission", 0, 0],
        second,
        ["kill_cassandra", 0, 0],
        ["delete_pod", 0, 0],
        ["decommission", 0, 0],
        ["lose_disk", 0, 0],
        ["wait", 90, 0],
        write,
        ["kill_container", 3, 0],
        write,
        ["lose_disk", 0, 0],
        ["kill_engine", 0, 0],
        write,
        ["lose_node", 0, 0],
        ["decommission", 0, 0],
        ["delete_pod", 1, 0],
        ["up", 1, 0],
        write,
        second,
      ],
      0,
    ),
    breaks: [
      [
        "silent = [one for one in see.others() if one not in members and not see.serves(one)] if members else []",
        "silent = []",
      ],
      // What it would leave is otherwise repaired.
      ["    down = [one for one in see.others() if one != lost and not see.serves(one)]", "    down = []"],
    ],
  },
  {
    name: "members whose decommissions were cut off together do not wait for one another for ever",
    history: ephemeral(
      1,
      2,
      [
        ["decommission", 3, 0],
        second,
        write,
        ["kill_engine", 0, 0],
        ["kill_container", 7, 0],
        second,
        write,
        write,
        ["up", 1, 0],
        ["decommission", 0, 0],
        second,
        ["up", 1, 0],
        ["kill_container", 0, 0],
        second,
        ["up", 1, 0],
        second,
        second,
        second,
        ["lose_disk", 0, 0],
        write,
        second,
      ],
      0,
    ),
    // Cassandra lets no member go while no other one is NORMAL: only with a disk lost besides could they wait for ever (unit test).
    breaks: [],
  },
  {
    name: "the last member of a ring waits for another one without the turn that this one needs to join",
    history: ephemeral(
      1,
      2,
      [
        ["scale", 4, 0],
        ["up_to_end", 3, 0],
        ["wait", 3, 0],
        ["kill_cassandra", 2, 0],
        ["up_to_end", 2, 0],
        ["api", 20, 0],
        ["decommission", 1, 0],
        ["wait", 3, 0],
        ["delete_pod", 0, 0],
        ["wait", 90, 0],
        ["api", 5, 0],
        ["up", 1, 0],
      ],
      15,
    ),
    breaks: [["isinstance(step, Wait) and see.record is not None", "False"]],
  },
];
