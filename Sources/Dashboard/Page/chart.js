// A curve of training values, smoothed over the raw one, and points of evaluations.
import { element, svg, ticks } from "./format.js";

const height = 220, left = 54, right = 12, top = 10, bottom = 24;

/** Exponential mean, so that a noisy curve shows where it goes. */
const smooth = (values) => {
  const keep = Math.min(0.95, 1 - 1 / Math.max(1, values.length / 100));
  let mean = null;
  return values.map((value) => {
    if (value == null) return mean;
    mean = mean == null ? value : keep * mean + (1 - keep) * value;
    return mean;
  });
};

export class Chart {
  /** @param show how a value is written. @param floor the least that the axis shows. @param ceiling the most. */
  constructor(place, { show, floor = null, ceiling = null }) {
    this.place = place;
    this.show = show;
    this.floor = floor;
    this.ceiling = ceiling;
    this.tip = element("div", { class: "tip", hidden: "" });
    this.drawing = element("div");
    this.legend = element("div", { class: "legend" });
    place.append(this.drawing, this.tip, this.legend);
    place.addEventListener("pointermove", (event) => this.point(event));
    place.addEventListener("pointerleave", () => this.hide());
  }

  draw(steps, values, evaluationSteps, evaluations, lastStep) {
    Object.assign(this, { steps, values, evaluationSteps, evaluations });
    const width = Math.max(280, this.place.clientWidth);
    const all = [...values, ...evaluations].filter((value) => value != null);
    if (all.length === 0) {
      this.drawing.replaceChildren(element("p", { class: "empty" }, "No step is committed yet."));
      this.legend.replaceChildren();
      return;
    }
    let low = this.floor ?? Math.min(...all), high = Math.max(...all);
    if (this.ceiling != null) high = Math.min(this.ceiling, Math.max(high * 1.1, low + 0.1));
    if (high <= low) high = low + Math.max(1e-6, Math.abs(low) * 0.1);
    const first = Math.min(steps[0] ?? Infinity, evaluationSteps[0] ?? Infinity);
    const last = Math.max(steps.at(-1) ?? 0, evaluationSteps.at(-1) ?? 0, first + 1);
    this.x = (step) => left + ((width - left - right) * (step - first)) / (last - first);
    this.y = (value) => top + ((height - top - bottom) * (high - value)) / (high - low);
    const path = (values) => {
      let text = "";
      values.forEach((value, index) => {
        if (value != null) text += `${text ? "L" : "M"}${this.x(steps[index]).toFixed(1)} ${this.y(value).toFixed(1)}`;
      });
      return text;
    };
    const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
    for (const value of ticks(low, high, 6)) {
      const y = this.y(value);
      picture.append(
        svg("line", { class: "grid", x1: left, x2: width - right, y1: y, y2: y }),
        svg("text", { x: left - 6, y: y + 4, "text-anchor": "end" }, this.show(value)));
    }
    for (const step of ticks(first, last, Math.max(3, Math.floor(width / 70)))) {
      if (!Number.isInteger(step)) continue;
      picture.append(svg("text", { x: this.x(step), y: height - 6, "text-anchor": "middle" }, step.toLocaleString("en")));
    }
    picture.append(
      svg("path", { class: "raw train", d: path(values) }),
      svg("path", { class: "curve train", d: path(smooth(values)) }));
    if (evaluations.length > 0) {
      const points = evaluations.map((value, index) => [this.x(evaluationSteps[index]), value])
        .filter(([, value]) => value != null).map(([x, value]) => [x, this.y(value)]);
      picture.append(svg("path", { class: "curve val", d: points.map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("") }));
      for (const [x, y] of points) picture.append(svg("circle", { class: "dot", cx: x, cy: y, r: points.length > 60 ? 1.5 : 3 }));
    }
    this.cross = svg("line", { class: "cross", y1: top, y2: height - bottom, visibility: "hidden" });
    picture.append(this.cross);
    this.drawing.replaceChildren(picture);
    this.scale = width / this.place.clientWidth;
    this.legend.replaceChildren(
      element("span", {}, element("i", { class: "compute" }), "training, smoothed"),
      ...(evaluations.length > 0 ? [element("span", {}, element("i", { class: "stream" }), "validation")] : []));
  }

  point(event) {
    if (!this.steps?.length || !this.x) return;
    const at = (event.clientX - this.place.getBoundingClientRect().left) * this.scale;
    let nearest = 0;
    this.steps.forEach((step, index) => {
      if (Math.abs(this.x(step) - at) < Math.abs(this.x(this.steps[nearest]) - at)) nearest = index;
    });
    const step = this.steps[nearest];
    let text = `step ${step}\n${this.show(this.values[nearest])}`;
    const before = this.evaluationSteps.findLastIndex((one) => one <= step);
    if (before >= 0) text += `\nvalidation ${this.show(this.evaluations[before])} (step ${this.evaluationSteps[before]})`;
    this.tip.textContent = text;
    this.tip.hidden = false;
    const x = this.x(step) / this.scale;
    this.tip.style.left = `${Math.max(0, Math.min(x + 10, this.place.clientWidth - this.tip.offsetWidth))}px`;
    this.tip.style.top = "8px";
    for (const end of ["x1", "x2"]) this.cross.setAttribute(end, this.x(step));
    this.cross.setAttribute("visibility", "visible");
  }

  hide() {
    this.tip.hidden = true;
    this.cross?.setAttribute("visibility", "hidden");
  }
}
