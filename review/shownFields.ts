import { Change, holdsMask } from "./events";
import { brief, Difference } from "./fields";
import { Elsewhere, elsewhere, withoutMoved } from "./movedSecrets";
import { PlainTexts } from "./plainTexts";
import { withoutSecrets } from "./secrets";

export const secretChanges = (path: string) => `\`${path}\`: the secret changes`;

/** Fields of objects that differ, as a report shows them: without secrets. */
export class ShownFields {
  private readonly elsewhere: Elsewhere;

  /**
   * @param known secrets that the state and the config have
   * @param changes all that the update touches
   */
  constructor(
    private readonly known: PlainTexts,
    changes: Change[],
  ) {
    this.elsewhere = elsewhere(changes);
  }

  /** Each field of one object in a line. Of a value that is, holds or becomes a secret, neither side is shown. */
  of(type: string, differ: Difference[]): string[] {
    const isSecret = /:Secret(Patch)?$/.test(type);
    return withoutMoved(differ, this.elsewhere).map(({ path, before, after }, i) => {
      const given = [differ[i].before, differ[i].after];
      const [was, wanted] = [before, after].map((side) => this.known.without(withoutSecrets(path, side)));
      if (given.some(holdsMask) || [was, wanted].every(holdsMask)) return secretChanges(path);
      // Whatever is in the data of a Secret, engine and provider need not know it as one.
      if (isSecret && /^(data|stringData)(\.|$)/.test(path)) return secretChanges(path);
      return `\`${path}\`: ${cell(was)} -> ${cell(wanted)}`;
    });
  }
}

const cell = (given: unknown) => `\`${brief(given).replaceAll("|", "\\|")}\``;
