// Faces as cards of bars, as templates/cards.html draws them, and as rows of the table that `mien analyze` writes.

const percent = (value) => `${Math.round(100 * value)}%`;
const signed = (value) => (value < 0 ? "" : "+") + value.toFixed(2);

function element(name, attributes = {}, ...children) {
  const svg = ["svg", "circle", "path", "line"].includes(name);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function bars(title, items) {
  const list = element("dl", { class: "mien-bars" });
  for (const { name, meaning = "", share, text, strong } of items) {
    const fill = element("i");
    fill.style.width = percent(Math.min(Math.max(share, 0), 1));
    const term = element("dt", { title: meaning }, name, " ", ...(meaning ? [element("span", {}, meaning)] : []));
    list.append(element("div", strong ? { class: "mien-strong" } : {}, term, element("dd", {}, fill), element("dd", {}, text)));
  }
  return [...(title ? [element("h4", {}, title)] : []), list];
}

function units(face, about) {
  const all = about.labels.au.map((name, i) => {
    const share = face.values.au[i], limit = about.thresholds[name] ?? about.present_from;
    return { name, meaning: about.meanings[name], share, text: percent(share), strong: share >= limit, near: limit - share };
  });
  const shown = new Set([...all].sort((a, b) => a.near - b.near).slice(0, about.units_shown));
  const rest = all.filter((bar) => !shown.has(bar));
  const more = element("details", {}, element("summary", {}, `${rest.length} less active units`), ...bars("", rest));
  return [...bars("Action units", all.filter((bar) => shown.has(bar))), ...(rest.length ? [more] : [])];
}

function plane([valence, arousal]) {
  const dial = element("svg", { viewBox: "-1.15 -1.15 2.3 2.3" },
    element("circle", { r: 1 }), element("path", { d: "M-1 0H1M0 -1V1" }),
    element("line", { x2: valence, y2: -arousal }),
    element("circle", { class: "mien-tip", r: 0.09, cx: valence, cy: -arousal }));
  const words = element("p", {}, "valence → ", element("b", {}, signed(valence)), element("br"),
    "arousal ↑ ", element("b", {}, signed(arousal)));
  return [element("h4", {}, "Valence and arousal"), element("div", { class: "mien-va" }, dial, words)];
}

/** The colour of a face, by its place in the picture's list. */
export const colourOf = (row, about) => about.colours[row % about.colours.length];

/** The card of one face. */
export function card(face, row, about) {
  const { labels } = about, [x1, y1, x2, y2] = face.box;
  const facts = `${Math.round(x2 - x1)} by ${Math.round(y2 - y1)} pixels, detector ${face.score.toFixed(2)}`;
  const made = element("article", { class: "mien-card" },
    element("header", {}, element("b", {}, `Face ${row + 1}`), element("span", {}, facts)));
  made.style.setProperty("--mien-face", colourOf(row, about));
  if (labels.expression) {
    const top = topOf(face, "expression", labels);
    made.append(...bars("Expression", labels.expression.map((name, i) =>
      ({ name, share: face.values.expression[i], text: percent(face.values.expression[i]), strong: name === top }))));
  }
  if (labels.au) made.append(...units(face, about));
  if (labels.au_intensity) {
    made.append(...bars("Intensity, 0 to 5", labels.au_intensity.map((name, i) => {
      const value = face.values.au_intensity[i];
      return { name, meaning: about.meanings[name], share: value / 5, text: value.toFixed(1), strong: value >= 1 };
    })));
  }
  if (labels.va) made.append(...plane(face.values.va));
  return made;
}

/** The most probable class of a task. */
export const topOf = (face, task, labels) => labels[task][face.values[task].indexOf(Math.max(...face.values[task]))];

/** The classes that cannot be ruled out, the most probable first: mien.models.postprocess.class_sets. */
function setOf(face, task, { labels, sets }) {
  const { kind, limit } = sets[task], share = face.values[task];
  const order = share.map((_, i) => i).sort((a, b) => share[b] - share[a]);
  let before = 0;
  const inside = order.filter((i, rank) => {
    const score = kind === "lac" ? 1 - share[i] : before;
    before += share[i];
    return rank === 0 || score <= limit;
  });
  return inside.map((i) => labels[task][i]).join("|");
}

/** One row per face, with the columns of `mien analyze`; without a face one row that says so. */
export function rowsOf(faces, path, about, frame = 0, time_s = null) {
  if (!faces.length) return [{ path, frame, time_s, status: "no face" }];
  return faces.map((face, number) => {
    const [x1, y1, x2, y2] = face.box;
    const row = { path, frame, time_s, face: number, x1, y1, x2, y2, score: face.score, status: "ok" };
    for (const [task, names] of Object.entries(about.labels)) {
      if (task === "expression" || task === "compound") row[task] = topOf(face, task, about.labels);
      if (task in about.sets) row[`${task}_set`] = setOf(face, task, about);
      if (task === "compound") continue;
      names.forEach((name, i) => { row[task === "au_intensity" ? `${name}_intensity` : name] = face.values[task][i]; });
    }
    return row;
  });
}

/** Rows as CSV text. */
export function csv(rows, columns) {
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    const text = typeof value === "number" ? String(Number(value.toPrecision(8))) : value;
    return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows.map((row) => columns.map((name) => row[name]))].map((line) => line.map(cell).join(",") + "\n").join("");
}
