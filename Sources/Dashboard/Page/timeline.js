// The newest steps, a lane for each worker: what it did, and how long it waited.
import { element, seconds, svg } from "./format.js";

const lane = 18, gap = 5, left = 78, right = 8, top = 6, bottom = 20;
const phases = ["update", "stream", "compute", "reduce"];
const names = { stream: "waiting for clips", compute: "compute", reduce: "reduce", update: "update", wait: "waiting for others" };
/** More lanes than this are not drawn: nobody reads them. */
const mostLanes = 32;

/** @param entries steps with start, end and workers: [number, update, stream, compute, reduce] in seconds. */
export const drawTimeline = (place, entries) => {
  if (entries.length === 0) {
    place.replaceChildren(element("p", { class: "empty" }, "No step is committed yet."));
    return;
  }
  const width = Math.max(280, place.clientWidth);
  const workers = [...new Set(entries.flatMap((entry) => entry.workers.map(([number]) => number)))].sort((a, b) => a - b);
  const shown = workers.slice(-mostLanes);
  const height = top + shown.length * (lane + gap) + bottom;
  const start = entries[0].start, end = entries.at(-1).end;
  const x = (time) => left + ((width - left - right) * (time - start)) / Math.max(1e-9, end - start);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  shown.forEach((worker, index) => {
    const y = top + index * (lane + gap);
    picture.append(svg("text", { x: left - 8, y: y + 13, "text-anchor": "end" }, `worker ${worker}`));
  });
  let labelled = -Infinity;
  for (const entry of entries) {
    const edge = x(entry.end);
    picture.append(svg("line", { class: "grid", x1: edge, x2: edge, y1: top - 4, y2: height - bottom }));
    const label = `${entry.step}`;
    const middle = (x(entry.start) + edge) / 2;
    if (middle - labelled > 8 * label.length + 10) {
      picture.append(svg("text", { x: middle, y: height - 5, "text-anchor": "middle" }, label));
      labelled = middle;
    }
    for (const [worker, ...times] of entry.workers) {
      const index = shown.indexOf(worker);
      if (index < 0) continue;
      const spans = phases.map((phase, place) => [phase, times[place] ?? 0]);
      const known = spans.reduce((sum, [, length]) => sum + length, 0);
      spans.push(["wait", Math.max(0, entry.end - entry.start - known)]);
      let at = entry.start;
      for (const [phase, length] of spans) {
        const until = Math.min(entry.end, at + length);
        if (until > at) {
          picture.append(svg("rect", {
            class: phase, x: x(at).toFixed(2), y: top + index * (lane + gap), height: lane,
            width: Math.max(0.3, x(until) - x(at)).toFixed(2),
          }, svg("title", {}, `worker ${worker}, step ${entry.step}: ${names[phase]} ${seconds(length)}`)));
        }
        at = until;
      }
    }
  }
  const more = workers.length - shown.length;
  place.replaceChildren(picture, element("div", { class: "legend" },
    ...Object.entries(names).map(([phase, name]) => element("span", {}, element("i", { class: phase }), name)),
    more > 0 ? element("span", {}, `and ${more} more workers`) : null));
};
