// A row for every worker: those that are there, and those that went last with the reason.
import { clock, element, number, seconds } from "./format.js";

const phases = ["update", "stream", "compute", "reduce"];
/** Silent for longer, a worker is not lost yet, but worth a look. */
const silent = 1;

const meter = (share) => {
  const inner = element("div");
  inner.style.width = `${100 * Math.min(1, Math.max(0, share))}%`;
  return element("div", { class: "meter", title: `${Math.round(100 * share)} %` }, inner);
};

const stack = (times) => {
  if (!times) return "";
  const total = phases.reduce((sum, phase) => sum + times[phase], 0);
  const bar = element("div", { class: "stack", title: phases.map((phase) => `${phase} ${seconds(times[phase])}`).join(", ") });
  for (const phase of phases) {
    const part = element("div", { class: phase });
    part.style.width = `${(100 * times[phase]) / Math.max(total, 1e-9)}%`;
    bar.append(part);
  }
  return bar;
};

const activity = (worker) => {
  if (worker.state === "lost") return `lost at ${clock(worker.gone)}`;
  if (worker.state === "left") return `left at ${clock(worker.gone)}`;
  const progress = worker.progress == null || worker.progress >= 1 ? "" : ` ${Math.round(100 * worker.progress)} %`;
  return worker.activity + progress + (worker.silence > silent ? `, silent for ${seconds(worker.silence)}` : "");
};

const row = (worker) => {
  const isHere = worker.state === "member" || worker.state === "joining";
  const share = worker.slot_count > 0 ? worker.finished / worker.slot_count : 0;
  const state = isHere && worker.silence > silent ? `${worker.state} silent` : worker.state;
  return element("tr", { class: state, "data-worker": worker.worker },
    element("td", { class: "first" },
      element("span", { class: "who" }, `worker ${worker.worker}`), ` ${worker.host}`,
      element("span", { class: "muted" }, ` ${worker.threads} ${worker.threads === 1 ? "thread" : "threads"}, process ${worker.process}`),
      worker.reason ? element("span", { class: "why" }, worker.reason) : null),
    element("td", {}, activity(worker)),
    element("td", { "data-label": "slots" }, isHere ? worker.slots : ""),
    element("td", {}, isHere ? meter(share) : ""),
    element("td", { class: "number", "data-label": "clips/s" }, isHere ? number(worker.clips_per_second, 3) : ""),
    element("td", {}, isHere ? stack(worker.times) : ""));
};

export const drawWorkers = (place, workers) => {
  if (workers.length === 0) {
    place.replaceChildren(element("p", { class: "empty" }, "No worker has joined yet."));
    return;
  }
  place.replaceChildren(element("table", {},
    element("thead", {}, element("tr", {},
      element("th", {}, "Worker"), element("th", {}, "Phase"), element("th", {}, "Slots"), element("th", {}, "Done"),
      element("th", { class: "number" }, "Clips/s"), element("th", {}, "Last step"))),
    element("tbody", {}, ...workers.map(row))));
};
