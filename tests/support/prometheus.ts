import * as assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Lab } from "../../lab/src/lab";
import { askPrometheus } from "../../lab/src/prometheus";

/** A series with its last value. */
export interface Sample {
  metric: Record<string, string>;
  value: [at: number, value: string];
}

/** The lab's Prometheus, asked through the API server. */
export class Prometheus {
  constructor(private readonly lab: Lab) {}

  async query(expr: string): Promise<Sample[]> {
    return (await askPrometheus<{ result: Sample[] }>(this.lab, `query?query=${encodeURIComponent(expr)}`)).result;
  }

  /** The value of an expression of one series. */
  async value(expr: string): Promise<number> {
    const all = await this.query(expr);
    assert.equal(all.length, 1, `${expr}: ${JSON.stringify(all)}`);
    return Number(all[0].value[1]);
  }

  /** What is asked, by the names of its pods, with what Prometheus says of it. */
  async targets(): Promise<Record<string, string>> {
    type Target = { labels: { pod: string }; health: string; scrapeUrl: string };
    const { activeTargets } = await askPrometheus<{ activeTargets: Target[] }>(this.lab, "targets?state=active");
    return Object.fromEntries(activeTargets.map(({ labels, health }) => [labels.pod, health]));
  }

  /** Errors of the rules, of those that have one, and the names of all. */
  async rules(): Promise<{ names: string[]; errors: string[] }> {
    type Rule = { name: string; lastError?: string };
    const { groups } = await askPrometheus<{ groups: { rules: Rule[] }[] }>(this.lab, "rules");
    const rules = groups.flatMap(({ rules }) => rules);
    return { names: rules.map(({ name }) => name), errors: rules.flatMap(({ lastError }) => lastError ?? []) };
  }

  /** Waits until something holds of what Prometheus knows. @throws after four minutes, with what it is then */
  async until<T>(what: string, look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
    for (const began = Date.now(); ;) {
      const seen = await look();
      if (holds(seen)) return seen;
      assert.ok(Date.now() - began < 240_000, `${what}: ${JSON.stringify(seen)}`);
      await sleep(2000);
    }
  }
}

/** All expressions of the dashboard of a ring, as Grafana sends them. */
export function dashboardQueries(json: string): string[] {
  type Panel = { targets?: { expr: string }[]; panels?: Panel[] };
  const ofPanel = ({ targets = [], panels = [] }: Panel): string[] => [
    ...targets.map(({ expr }) => expr.split("$__rate_interval").join("1m")),
    ...panels.flatMap(ofPanel),
  ];
  return (JSON.parse(json) as { panels: Panel[] }).panels.flatMap(ofPanel);
}
