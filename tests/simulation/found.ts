import { History } from "./simulator";

/** A history that was found to lose rows, or never to end, and what was mended. */
export interface Found {
  name: string;
  history: History;
  /** Texts of the pods' scripts, and what stands in their place for the fault to be there again. @default none: it lay elsewhere */
  breaks: [string, string][];
}

export const found: Found[] = [];
