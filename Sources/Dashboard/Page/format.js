// Numbers and times as people read them, and small helpers to make elements.

export const percent = (share) => share == null ? "–" : (100 * share).toFixed(1) + " %";

export const number = (value, digits = 4) => {
  if (value == null || typeof value === "string") return value ?? "–";
  if (value !== 0 && Math.abs(value) < 1e-3) return value.toExponential(1);
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : +value.toPrecision(digits) + "";
};

export const seconds = (value) => {
  if (value == null || !isFinite(value)) return "–";
  if (value < 1e-3) return (1e6 * value).toFixed(0) + " µs";
  if (value < 1) return (1e3 * value).toFixed(value < 0.1 ? 1 : 0) + " ms";
  if (value < 90) return value.toFixed(value < 10 ? 2 : 1) + " s";
  const minutes = Math.round(value / 60);
  if (minutes < 90) return minutes + " min";
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
};

export const clock = (time) =>
  new Date(1000 * time).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** An element with attributes and children; text is never read as markup. */
export const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value != null) made.setAttribute(key, value);
  made.append(...children.filter((child) => child != null));
  return made;
};

export const svg = (name, attributes = {}, ...children) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

/** Round numbers between low and high, about `count` of them. */
export const ticks = (low, high, count) => {
  if (!(high > low)) return [low];
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= raw);
  const result = [];
  for (let at = Math.ceil(low / step) * step; at <= high + 1e-9 * step; at += step) result.push(+at.toPrecision(12));
  return result;
};
