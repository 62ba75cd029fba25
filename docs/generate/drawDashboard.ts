/**
 * Draws the dashboard of a lab's ring as Grafana would, from what the lab's Prometheus has of the last minutes:
 * `npm run -s draw -- --lab NAME > docs/images/dashboard.svg`.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { Lab } from "../../lab/src/lab";
import { askPrometheus } from "../../lab/src/prometheus";

interface Panel {
  type: string;
  title: string;
  fieldConfig: { defaults: { unit: string } };
  targets?: { expr: string; legendFormat: string }[];
}

interface Series {
  legend: string;
  points: [at: number, value: number][];
}

const [width, height, gap, columns] = [400, 180, 16, 3];
const colors = ["#3274d9", "#e0752d", "#56a64b", "#b877d9", "#e02f44", "#f2cc0c"];

const units: Record<string, (value: number) => string> = {
  bytes: (value) =>
    value >= 2 ** 30
      ? `${(value / 2 ** 30).toFixed(1)} GiB`
      : value >= 2 ** 20
        ? `${(value / 2 ** 20).toFixed(1)} MiB`
        : `${Math.round(value / 1024)} KiB`,
  percentunit: (value) => `${(100 * value).toFixed(1)} %`,
  s: (value) =>
    value < 1
      ? `${(1000 * value).toFixed(1)} ms`
      : value < 120
        ? `${value.toFixed(1)} s`
        : `${(value / 60).toFixed(1)} min`,
};
const inUnit = (unit: string, value: number) =>
  (units[unit] ?? ((value: number) => `${Number(value.toFixed(2))}`))(value);

const escaped = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
const filled = (legend: string, labels: Record<string, string>) =>
  legend.replace(/\{\{(\w+)\}\}/g, (_, name: string) => labels[name] ?? "");

async function seriesOf(lab: Lab, clusterName: string, minutes: number, { targets = [] }: Panel): Promise<Series[]> {
  const end = Math.floor(Date.now() / 1000);
  const all = targets.map(async ({ expr, legendFormat }) => {
    const query = expr.split("$ring").join(`cassandra_cluster="${clusterName}"`).split("$__rate_interval").join("1m");
    const range = `query_range?query=${encodeURIComponent(query)}&start=${end - 60 * minutes}&end=${end}&step=5`;
    const { result } = await askPrometheus<{
      result: { metric: Record<string, string>; values: [number, string][] }[];
    }>(lab, range);
    return result.map(({ metric, values }): Series => {
      const points = values.map(([at, value]) => [at, Number(value)] as [number, number]);
      return { legend: filled(legendFormat, metric), points: points.filter(([, value]) => Number.isFinite(value)) };
    });
  });
  return (await Promise.all(all)).flat().filter(({ points }) => points.length > 0);
}

function drawn({ title, fieldConfig, type }: Panel, series: Series[]): string {
  const { unit } = fieldConfig.defaults;
  const frame = `<rect width="${width}" height="${height}" rx="3" fill="#fff" stroke="#ccc"/><text x="10" y="20" font-weight="bold">${escaped(title)}</text>`;
  if (series.length === 0) return `${frame}<text x="10" y="100" fill="#999">No data</text>`;
  const last = (points: Series["points"]) => points[points.length - 1][1];
  if (type === "stat")
    return `${frame}<text x="${width / 2}" y="110" font-size="36" text-anchor="middle" fill="${colors[0]}">${inUnit(unit, last(series[0].points))}</text>`;
  const points = series.flatMap(({ points }) => points);
  const [from, to] = [Math.min(...points.map(([at]) => at)), Math.max(...points.map(([at]) => at))];
  const top = Math.max(...points.map(([, value]) => value)) || 1;
  const x = (at: number) => (10 + ((at - from) / (to - from || 1)) * (width - 20)).toFixed(1);
  const y = (value: number) => (height - 40 - (value / top) * (height - 80)).toFixed(1);
  const lines = series.map(
    ({ points }, i) =>
      `<polyline fill="none" stroke="${colors[i % colors.length]}" points="${points.map(([at, value]) => `${x(at)},${y(value)}`).join(" ")}"/>`,
  );
  const legends = series
    .slice(0, 5)
    .map(({ legend }, i) => `<tspan fill="${colors[i % colors.length]}">${escaped(legend)} </tspan>`);
  return (
    `${frame}<text x="${width - 10}" y="20" text-anchor="end" fill="#666">${inUnit(unit, top)}</text>` +
    `<line x1="10" x2="${width - 10}" y1="${height - 40}" y2="${height - 40}" stroke="#eee"/>${lines.join("")}` +
    `<text x="10" y="${height - 14}" font-size="10">${legends.join("")}</text>`
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { lab: { type: "string" }, cluster: { type: "string" }, minutes: { type: "string" } },
  });
  const lab = Lab.find(values.lab);
  const file = path.join(__dirname, "../../components/monitoring/dashboard.json");
  const { panels } = JSON.parse(readFileSync(file, "utf8")) as { panels: Panel[] };
  const shown = panels.filter(({ type }) => type !== "row");
  const cells = [];
  for (const [i, panel] of shown.entries()) {
    const series = await seriesOf(lab, values.cluster ?? "K8Demo", Number(values.minutes ?? 10), panel);
    const [column, row] = [i % columns, Math.floor(i / columns)];
    cells.push(
      `<g transform="translate(${gap + column * (width + gap)},${gap + row * (height + gap)})">${drawn(panel, series)}</g>`,
    );
  }
  const rows = Math.ceil(shown.length / columns);
  const [w, h] = [gap + columns * (width + gap), gap + rows * (height + gap)];
  process.stdout.write(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" font-family="sans-serif" font-size="12"><rect width="${w}" height="${h}" fill="#f4f5f5"/>${cells.join("\n")}</svg>\n`,
  );
}

void main();
