// Asks the coordinator every second for what is new, and draws it.
import { Chart } from "./chart.js";
import { clock, element, number, percent, seconds } from "./format.js";
import { drawTimeline } from "./timeline.js";
import { drawWorkers } from "./workers.js";

const every = 1000;
/** So many steps of the timeline are drawn, and so many events kept. */
const mostEntries = 24, mostEvents = 200;

const at = (id) => document.getElementById(id);
const loss = new Chart(at("loss"), { show: (value) => number(value, 3) });
const accuracy = new Chart(at("accuracy"), { show: percent, floor: 0, ceiling: 1 });

const nothing = () => ({ life: "", stride: 0, step: [], loss: [], accuracy: [], evaluations: null, entries: [], events: [] });
let run = nothing();
let status = null;
let failures = 0;

// A token comes in the fragment, which no server sees, and stays in this tab.
const takeToken = () => {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return;
  sessionStorage.setItem("token", token);
  history.replaceState(null, "", location.pathname);
};
takeToken();

const take = (document, asked) => {
  if (document.life !== run.life) run = { ...nothing(), life: document.life };
  status = document.status;
  const { curves } = document;
  if (curves.whole) Object.assign(run, { step: [], loss: [], accuracy: [] });
  // The last point may have grown since: it comes again.
  const known = run.step.findIndex((step) => step >= asked);
  if (known >= 0) for (const column of [run.step, run.loss, run.accuracy]) column.splice(known);
  run.step.push(...curves.step);
  run.loss.push(...curves.loss);
  run.accuracy.push(...curves.accuracy);
  run.stride = curves.stride;
  run.evaluations = curves.evaluations;
  const first = document.timeline[0]?.step ?? Infinity;
  run.entries = [...run.entries.filter((entry) => entry.step < first), ...document.timeline].slice(-mostEntries);
  // Of saves that follow each other the last one counts.
  run.events = [...run.events, ...status.events]
    .filter((event, index, all) => event.kind !== "saved" || all[index + 1]?.kind !== "saved").slice(-mostEvents);
};

/** Points from this step on are asked for. */
const from = () => (run.step.at(-2) ?? -1) + 1;

const question = () => new URLSearchParams({
  life: run.life, event: run.events.at(-1)?.number ?? 0, stride: run.stride, step: from(),
  entry: run.entries.at(-1)?.step ?? 0,
});

const endings = { complete: "good", stopped: "warn", failed: "bad" };
const badges = { gathering: "warn", training: "good", evaluating: "busy", saving: "busy", ended: "" };

const drawHeader = () => {
  const { identity, extent, pace } = status;
  const share = extent.steps > 0 ? status.step / extent.steps : 1;
  document.title = `${Math.floor(100 * share)} % ${identity.name} – Lockstep`;
  at("name").textContent = identity.name;
  const badge = at("phase");
  badge.textContent = status.phase === "gathering" ? "waiting for workers" : status.phase;
  const ending = status.phase === "ended" ? (status.reason ?? "").split(" ")[0].replace(":", "") : null;
  badge.className = `badge ${endings[ending] ?? badges[status.phase]}`;
  at("where").textContent = `${identity.directory} on ${identity.host}`;
  at("done").style.width = `${100 * share}%`;
  at("bar").setAttribute("aria-valuenow", Math.round(100 * share));
  at("steps").textContent = `step ${status.step.toLocaleString("en")} of ${extent.steps.toLocaleString("en")}, `
    + `epoch ${Math.min(status.epoch + 1, extent.epochs).toLocaleString("en")} of ${extent.epochs.toLocaleString("en")}`;
  at("left").textContent = pace && status.phase !== "ended" ? `${seconds(pace.seconds_left)} left` : "";
  at("reason").hidden = !status.reason;
  at("reason").classList.toggle("bad", ending === "failed");
  at("reason").textContent = status.reason ?? "";
  at("footer").replaceChildren(
    `run ${identity.run}, coordinator ${identity.address} (process ${identity.process}, life ${identity.term}), `
    + `generation ${status.generation}, since ${new Date(1000 * identity.started).toLocaleString("en-GB")}. `);
};

const drawTiles = () => {
  const { pace, evaluation, workers } = status;
  const members = workers.filter((worker) => worker.state === "member").length;
  const tile = (value, name) => element("div", { class: "tile" }, element("b", {}, value), element("span", {}, name));
  at("tiles").replaceChildren(
    tile(number(status.loss), "loss"),
    tile(percent(status.accuracy), "accuracy"),
    tile(evaluation ? percent(evaluation.top1) : "–", evaluation ? `validation top-1, step ${evaluation.step}` : "validation top-1"),
    tile(pace ? number(pace.clips_per_second, 3) : "–", "clips/s"),
    tile(pace ? seconds(pace.seconds_per_step) : "–", "a step"),
    tile(`${members}`, members === 1 ? "worker" : "workers"),
    tile(status.saved_step.toLocaleString("en"), "saved step"));
};

const kinds = {
  lost: "bad", aborted: "bad", refused: "bad", save_failed: "bad", failed: "bad", rewound: "bad", waiting: "warn", stopping: "warn", left: "warn",
  joined: "good", began: "good", saved: "good",
};

const drawEvents = () => {
  const list = at("events");
  if (list.firstChild?.dataset?.number === `${run.events.at(-1)?.number}`) return;
  list.replaceChildren(...run.events.toReversed().map((event) =>
    element("li", { class: kinds[event.kind] ?? "", "data-number": event.number },
      element("time", {}, clock(event.time)), element("span", { class: "kind" }, event.kind.replace("_", " ")),
      element("span", { class: "detail" }, event.detail))));
};

const draw = () => {
  if (!status) return;
  drawHeader();
  drawTiles();
  const evaluations = run.evaluations ?? { step: [], loss: [], accuracy: [] };
  loss.draw(run.step, run.loss, evaluations.step, evaluations.loss);
  accuracy.draw(run.step, run.accuracy, evaluations.step, evaluations.accuracy);
  drawWorkers(at("workers"), status.workers);
  drawTimeline(at("timeline"), run.entries);
  drawEvents();
};

const reached = (text, isBroken) => {
  at("link").textContent = text;
  at("link").classList.toggle("broken", isBroken);
  at("main").classList.toggle("stale", isBroken);
};

const ask = async () => {
  const token = sessionStorage.getItem("token");
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const asked = from();
  try {
    const answer = await fetch(`api/run?${question()}`, { headers, cache: "no-store", signal: AbortSignal.timeout(10_000) });
    at("gate").hidden = answer.status !== 401;
    at("main").hidden = answer.status === 401;
    if (answer.status === 401) return reached("a token is needed", true);
    if (!answer.ok) throw new Error(await answer.text());
    take(await answer.json(), asked);
    failures = 0;
    reached(status.phase === "ended" ? "the run has ended" : "live", false);
    draw();
  } catch (error) {
    failures += 1;
    reached(status?.phase === "ended" ? "the run has ended" : "the coordinator does not answer", status?.phase !== "ended");
  }
};

const watch = async () => {
  if (!document.hidden) await ask();
  setTimeout(watch, every * Math.min(10, 1 + failures));
};

at("gate").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", at("token").value.trim());
  ask();
});
addEventListener("resize", draw);
addEventListener("hashchange", () => { takeToken(); ask(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
watch();
