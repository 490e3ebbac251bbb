// The page: builds the charts, keeps what they show in step, and listens to mouse and keys.

const MOST = 12;
const meta = JSON.parse(document.getElementById("meta").textContent);
const page = {
  meta,
  clock: new Clock(meta.offsets),
  days: [0],
  view: { from: 0, to: meta.steps },
  unit: null,
  hover: null,
  selection: null,
  printWidth: 0,
  charts: [],
  readouts: new Map(),
};
const element = (name, content = "", className = "") => {
  const made = document.createElement(name);
  made.textContent = content;
  if (className) made.className = className;
  return made;
};
const secondOf = (step) => meta.start + step * meta.step;
const stepOf = (second) => (second - meta.start) / meta.step;

for (let day = 1, step; (step = Math.round(stepOf(page.clock.start("day", meta.start, day)))) < meta.steps; day++) page.days.push(step);

// ---- charts --------------------------------------------------------------------------------

function addChart(parent, title, about, panels, rows) {
  const box = element("div", "", "chart");
  const heading = element("h3", title + " ");
  heading.append(element("small", about));
  const canvas = element("canvas");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", `${title}, ${about}, over time. Plus and minus zoom, arrows move, Home shows all.`);
  const table = element("table");
  const caption = table.appendChild(element("caption"));
  const body = table.appendChild(element("tbody"));
  const cells = rows.map((row) => {
    const line = body.appendChild(element("tr", "", row.apart ? "apart" : ""));
    const name = line.appendChild(element("th"));
    name.scope = "row";
    if (row.colour) name.appendChild(element("i")).style.background = row.colour;
    name.append(row.label);
    if (row.alarm) name.className = "alarm";
    return line.appendChild(element("td", "", row.wraps ? "n wraps" : "n"));
  });
  box.append(heading, canvas, table);
  parent.append(box);
  const chart = new Chart(canvas, panels, page);
  page.charts.push(chart);
  page.readouts.set(chart, () => {
    const { from, to } = page.view;
    const [first, last] = [Math.floor(from), Math.max(Math.floor(from) + 1, Math.min(meta.steps, Math.ceil(to)))];
    caption.textContent = page.hover === null ? "Mean of the time shown" : page.clock.label(secondOf(page.hover));
    rows.forEach((row, i) => {
      cells[i].textContent = page.hover === null ? row.mean(first, last) : row.value(page.hover);
      cells[i].parentNode.hidden = !cells[i].textContent;
    });
  });
  listen(canvas, chart);
}

/** A row of the table beside a chart: its value under the cursor, or its mean. */
const rowOf = (item, unit) => ({
  ...item,
  value: (t) => `${number(item.series.values[t])} ${unit}`,
  mean: (from, to) => `${number(item.series.mean(from, to))} ${unit}`,
});

/** What a chart's scale leaves out, and when it was. */
const spikesOf = (series, unit, from, to) => series.spikes(from, to).map((t) => `${series.values[t] > 0 ? "up" : "down"} to ${number(series.values[t])} ${unit} at ${page.clock.label(secondOf(t))}`).join("; ");

/** The row of a table that says so; it hides where nothing is left out. */
function spikeRow(item, unit) {
  const text = () => spikesOf(item.series, unit, Math.floor(page.view.from), Math.ceil(page.view.to));
  return { label: `${item.label}, beyond the scale`, alarm: true, wraps: true, value: text, mean: text };
}

/** The greatest series of a node with colours of their own; the many small ones together. */
function itemsOf(node, series) {
  const all = node.series.map((s) => ({ ...s, series: series(s.at), label: s.slack ? `${s.label}, ${s.what}` : `${s.label}: ${s.what}`, alarm: s.slack }));
  all.forEach((item) => { item.total = Math.abs(item.series.sums[meta.steps]); });
  all.sort((a, b) => b.total - a.total);
  const used = all.filter((item) => item.total > 0);
  const items = used.filter((item, i) => i < MOST || item.slack || item.abnormal || used.length <= MOST + 2);
  const keys = [...new Set(items.filter((i) => !i.slack && !i.abnormal).map((i) => i.key))];
  for (const item of items) item.colour = item.slack ? ALARM : item.abnormal ? WASTE : CALM[keys.indexOf(item.key) % CALM.length];
  for (const sign of [1, -1]) {
    const rest = used.filter((item) => item.sign === sign && !items.includes(item));
    if (rest.length) items.push({ sign, colour: OTHER, label: rest.length === 1 ? rest[0].label : `${rest.length} others`, series: Series.sum(rest.map((r) => r.series), meta.steps) });
  }
  return items;
}

function addNode(node, series) {
  const items = itemsOf(node, series);
  const price = { series: series(node.price), colour: INK, label: "price", apart: true };
  const rows = [1, -1].flatMap((sign) => items.filter((i) => i.sign === sign).map((item, i) => ({ ...rowOf(item, node.unit), label: (sign > 0 ? "▲ " : "▼ ") + item.label, apart: sign < 0 && i === 0 })));
  const panels = [new Stack(items, node.unit, meta.steps), new Lines([price], node.price_unit, 56)];
  addChart(document.getElementById("node-charts"), node.label, `${node.unit}; price in ${node.price_unit}`, panels, [...rows, rowOf(price, node.price_unit), spikeRow(price, node.price_unit)]);
}

function addLevel(level, series) {
  const item = { series: series(level.at), colour: "#3f5d78", label: "level" };
  const hours = meta.step / 3600;
  const change = (t) => (t > 0 ? (item.series.values[t] - item.series.values[t - 1]) / hours : NaN);
  const share = (v) => (level.capacity ? `${number((v / level.capacity) * 100)} %` : "–");
  // At the pace of this step: how long until the next limit, the band's or the stops'.
  const time = (t) => {
    const [pace, now] = [change(t), item.series.values[t]];
    const limits = [0, ...(level.band ?? []), ...(level.capacity ? [level.capacity] : [])];
    const left = limits.map((l) => (l - now) / pace).filter((h) => h > 1e-6);
    if (!left.length || Math.abs(pace) < (level.capacity || 1) * 1e-5) return "–";
    const minutes = Math.min(...left) * 60;
    return minutes < 600 ? `${number(Math.round(minutes))} min` : `${number(Math.round(minutes / 60))} h`;
  };
  const rows = [
    rowOf(item, level.unit),
    { label: "filled", value: (t) => share(item.series.values[t]), mean: (a, b) => share(item.series.mean(a, b)) },
    { label: "filling", value: (t) => `${number(change(t))} ${level.rate_unit}`, mean: () => "" },
    { label: "to the next limit at this pace", value: time, mean: () => "" },
    { label: "lowest shown", value: () => "", mean: (a, b) => `${number(item.series.extent(a, b)[0])} ${level.unit}` },
    { label: "highest shown", value: () => "", mean: (a, b) => `${number(item.series.extent(a, b)[1])} ${level.unit}` },
  ];
  const about = `${level.holds}, ${level.unit}` + (level.capacity ? `; capacity ${number(level.capacity)}` : "") + (level.band ? `, band ${level.band.map(number).join(" to ")}` : "");
  addChart(document.getElementById("level-charts"), level.label, about, [new Level(item, level)], rows);
}

/** Prices of one unit in one chart, so that they compare. */
function addPrices(series) {
  const units = new Map();
  meta.nodes.forEach((node) => units.set(node.price_unit, [...(units.get(node.price_unit) ?? []), node]));
  for (const [unit, nodes] of units) {
    for (let first = 0; first < nodes.length; first += 8) {
      const items = nodes.slice(first, first + 8).map((node, i) => ({ series: series(node.price), colour: STRONG[i], label: node.label }));
      addChart(document.getElementById("price-charts"), `Prices in ${unit}`, items.map((i) => i.label).join(", "), [new Lines(items, unit, 170)], items.flatMap((i) => [rowOf(i, unit), spikeRow(i, unit)]));
    }
  }
  for (const node of meta.nodes) {
    const box = element("div");
    const heading = element("h4", node.label + " ");
    const spikes = spikesOf(series(node.price), "", 0, meta.steps);
    heading.append(element("small", node.price_unit), element("small", spikes && `; ${spikes}`, "alarm"));
    const canvas = element("canvas");
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Duration curve of the price of ${node.label}`);
    box.append(heading, canvas);
    document.getElementById("duration-charts").append(box);
    page.charts.push(new Duration(canvas, series(node.price), "#3f5d78", page));
  }
}

// Lines are thin: they need darker colours than areas.
const STRONG = ["#2b5f8a", "#a8741a", "#3d7a4a", "#7a5299", "#1d8a8f", "#8a4f3d", "#6d7882", "#b0558a"];

// ---- what is shown -------------------------------------------------------------------------

function show(from, to, unit = null) {
  const span = Math.max(Math.min(4, meta.steps), Math.min(meta.steps, to - from));
  const start = Math.max(0, Math.min(meta.steps - span, from));
  Object.assign(page, { view: { from: start, to: start + span }, unit });
  refresh();
}

function showUnit(unit, step) {
  if (unit === "all") return show(0, meta.steps);
  const second = secondOf(Math.max(0, Math.min(meta.steps - 1, step)));
  show(stepOf(page.clock.start(unit, second)), stepOf(page.clock.start(unit, second, 1)), unit);
}

function zoom(factor, around) {
  const { from, to } = page.view;
  show(around - (around - from) * factor, around + (to - around) * factor);
}

function move(share) {
  const { from, to } = page.view;
  const by = (to - from) * share;
  if (page.unit && Math.abs(share) === 1) showUnit(page.unit, (from + to) / 2 + by);
  else show(from + by, to + by);
}

let waiting = false;
function refresh(steadyToo = false) {
  for (const chart of page.charts) chart.dirty ||= steadyToo || !chart.steady;
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    drawVisible();
  });
}

function drawVisible() {
  for (const chart of page.charts) if (chart.visible && chart.dirty) drawOne(chart);
  drawOverview();
  const { from, to } = page.view;
  const last = secondOf(to);
  document.getElementById("shown").textContent = `${page.clock.label(secondOf(from)).slice(0, 20)} to ${page.clock.label(last).slice(0, 20)}`;
}

function drawOne(chart) {
  chart.draw();
  page.readouts.get(chart)?.();
}

/** The whole run as a strip, with what is shown marked. */
function drawOverview() {
  const canvas = document.getElementById("overview");
  const dense = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, 34];
  if (!width) return;
  canvas.width = width * dense;
  canvas.height = height * dense;
  const pen = canvas.getContext("2d");
  pen.scale(dense, dense);
  pen.fillStyle = "#f4f6f7";
  pen.fillRect(0, 0, width, height);
  const x = (step) => (step / meta.steps) * width;
  pen.fillStyle = "#1f558240";
  pen.fillRect(x(page.view.from), 0, Math.max(3, x(page.view.to) - x(page.view.from)), height);
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "middle";
  for (const [second, label] of page.clock.ticks(secondOf(0), secondOf(meta.steps), width / 70)) {
    pen.fillStyle = "#b4bdc4";
    pen.fillRect(Math.round(x(stepOf(second))), 0, 1, height);
    pen.fillStyle = SOFT;
    pen.fillText(label, x(stepOf(second)) + 4, height / 2);
  }
}

// ---- mouse and keys ------------------------------------------------------------------------

function listen(canvas, chart) {
  let drag = null;
  canvas.addEventListener("pointermove", (event) => {
    const step = chart.step(event.clientX);
    if (drag?.moves) {
      const by = ((drag.x - event.clientX) / chart.width) * (drag.view.to - drag.view.from);
      show(drag.view.from + by, drag.view.to + by);
    } else if (drag) {
      page.selection = [Math.min(drag.step, step), Math.max(drag.step, step)];
    }
    page.hover = Math.min(meta.steps - 1, Math.floor(step));
    refresh();
  });
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button || event.pointerType === "touch") return;
    canvas.setPointerCapture(event.pointerId);
    drag = { x: event.clientX, step: chart.step(event.clientX), view: page.view, moves: event.shiftKey };
  });
  const end = (event) => {
    const chosen = page.selection;
    const far = drag && Math.abs(event.clientX - drag.x) > 5;
    [drag, page.selection] = [null, null];
    if (chosen && far) show(chosen[0], chosen[1]);
    refresh();
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => {
    if (!drag) page.hover = null;
    refresh();
  });
  canvas.addEventListener("dblclick", () => show(0, meta.steps));
  canvas.addEventListener("wheel", (event) => {
    if (event.ctrlKey || event.metaKey) zoom(1.0015 ** event.deltaY, chart.step(event.clientX));
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) move(event.deltaX / chart.width);
    else return;
    event.preventDefault();
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => onKey(event));
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const middle = (page.view.from + page.view.to) / 2;
  const act = {
    "+": () => zoom(0.5, middle), "=": () => zoom(0.5, middle), "-": () => zoom(2, middle),
    ArrowLeft: () => move(-0.25), ArrowRight: () => move(0.25), PageUp: () => move(-1), PageDown: () => move(1), Home: () => show(0, meta.steps),
  }[event.key];
  if (!act) return;
  act();
  event.preventDefault();
}

function listenToTools() {
  for (const button of document.querySelectorAll("button[data-unit]")) {
    // From all of the run a day is its first; from a month, the one in its middle.
    const whole = () => page.view.to - page.view.from >= meta.steps;
    button.addEventListener("click", () => showUnit(button.dataset.unit, whole() ? 0 : (page.view.from + page.view.to) / 2));
  }
  for (const button of document.querySelectorAll("button[data-move]")) button.addEventListener("click", () => move(Number(button.dataset.move)));
  const overview = document.getElementById("overview");
  const follow = (event) => {
    const box = overview.getBoundingClientRect();
    const middle = ((event.clientX - box.left) / box.width) * meta.steps;
    const half = (page.view.to - page.view.from) / 2;
    show(middle - half, middle + half, page.unit);
  };
  overview.addEventListener("pointerdown", (event) => { overview.setPointerCapture(event.pointerId); follow(event); });
  overview.addEventListener("pointermove", (event) => { if (event.buttons) follow(event); });
  overview.addEventListener("keydown", onKey);
  window.addEventListener("resize", () => refresh(true));
}

/** On paper charts have the width of the page, whatever the window's, and all of them are drawn. */
function listenToPrinter() {
  window.addEventListener("beforeprint", () => {
    page.printWidth = 478;
    page.charts.forEach(drawOne);
    page.printWidth = 0;
  });
  window.addEventListener("afterprint", () => refresh(true));
}

async function begin() {
  try {
    const bytes = await unpack(document.getElementById("data").textContent);
    const all = Series.unpacked(bytes, meta.scales, meta.steps);
    const series = (number) => all[number];
    document.getElementById("tools").hidden = false;
    meta.nodes.forEach((node) => addNode(node, series));
    meta.levels.forEach((level) => addLevel(level, series));
    if (!meta.levels.length) document.getElementById("levels-note").textContent = "The site has none.";
    addPrices(series);
  } catch (problem) {
    const trouble = document.getElementById("trouble");
    trouble.textContent = problem.message;
    trouble.hidden = false;
    return;
  }
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) page.charts.find((c) => c.canvas === entry.target).visible = entry.isIntersecting;
    refresh();
  }, { rootMargin: "200px" });
  for (const chart of page.charts) {
    // What is on the screen already is not waited for.
    chart.visible = chart.canvas.getBoundingClientRect().top < innerHeight;
    seen.observe(chart.canvas);
  }
  listenToTools();
  listenToPrinter();
  refresh();
}

begin();
