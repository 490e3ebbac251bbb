// Drawing: a chart is a canvas of panels over one time axis. What is seen of the run is the same for all.

const LEFT = 62;
const RIGHT = 6;
const AXIS = 20;
const GAP = 14;
const INK = "#22282e";
const SOFT = "#5a646e";
const LINE = "#e3e7ea";
const ALARM = "#b3151f";
const WASTE = "#c7741a";
const OTHER = "#c9ced3";
const CALM = ["#5b7f9f", "#d3c08a", "#6f9275", "#a9c1d4", "#8c7aa6", "#c3b3a2", "#4f8f93", "#b9a3c0", "#8a6f5a", "#a9bfa0", "#75808a", "#e0d6c0", "#3f5d78", "#dcb8a0"];

/** A number with as many decimals as its size needs. */
function number(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 0.1 || size < 1e-9 ? 3 : 6;
  const text = value.toLocaleString("en-US", { maximumFractionDigits: decimals });
  return (text === "-0" ? "0" : text).replace("-", "−");
}

/** What is drawn side by side: each step while there is room for it, else each pixel's stretch of steps, and whole days once
 * a pixel holds a good part of one: shorter stretches would catch now the morning, now the night. */
function columns({ view, meta, days }, width) {
  const { from, to } = view;
  const perPixel = (to - from) / width;
  let at = [];
  const single = perPixel <= 1;
  if (single) for (let t = Math.floor(from); t < to; t++) at.push(t);
  else if (perPixel * meta.step > DAY / 6 && perPixel * meta.step < DAY) at = days.filter((d, i) => d < to && (days[i + 1] ?? meta.steps) > from);
  else for (let i = 0; i < width; i++) at.push(Math.floor(from + perPixel * i));
  const after = single ? at.at(-1) + 1 : days.find((d) => d >= to && perPixel * meta.step < DAY && perPixel * meta.step > DAY / 6) ?? Math.ceil(to);
  at.push(Math.min(meta.steps, after));
  const x = at.map((step) => Math.max(0, Math.min(width, (step - from) / perPixel)));
  return { x, at, count: at.length - 1, single, end: (i) => Math.min(meta.steps, Math.max(at[i + 1], at[i] + 1)) };
}

/** Round numbers between two values. */
function marks(low, high, most) {
  const raw = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((f) => f * power).find((s) => s >= raw * 0.999);
  const found = [];
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-9; v += step) found.push(Math.abs(v) < step * 1e-9 ? 0 : v);
  return found;
}

/** Given above zero, taken below it, one on the other. */
class Stack {
  constructor(items, unit, steps) {
    // As tall as the table beside it asks for.
    Object.assign(this, { items, unit, height: Math.max(190, Math.min(340, items.length * 21 - 70)) });
    this.totals = [1, -1].map((sign) => [sign, Series.sum(items.filter((i) => i.sign === sign).map((i) => i.series), steps)]);
  }

  range(from, to) {
    return this.totals.flatMap(([sign, total]) => total.extent(from, to).map((v) => sign * v)).concat(0);
  }

  draw(pen, y, cols) {
    for (const [sign, total] of this.totals) {
      let base = new Float64Array(cols.count);
      for (const item of this.items.filter((i) => i.sign === sign)) {
        const top = new Float64Array(cols.count);
        for (let i = 0; i < cols.count; i++) top[i] = base[i] + sign * item.series.mean(cols.at[i], cols.end(i));
        pen.fillStyle = item.colour;
        pen.beginPath();
        for (let i = 0; i < cols.count; i++) { pen.lineTo(cols.x[i], y(top[i])); pen.lineTo(cols.x[i + 1], y(top[i])); }
        for (let i = cols.count - 1; i >= 0; i--) { pen.lineTo(cols.x[i + 1], y(base[i])); pen.lineTo(cols.x[i], y(base[i])); }
        pen.fill();
        base = top;
      }
      this.flag(pen, y, cols, sign);
      if (cols.single) continue;
      pen.strokeStyle = "#22282e66";
      pen.lineWidth = 0.7;
      pen.beginPath();
      for (let i = 0; i < cols.count; i++) pen.lineTo((cols.x[i] + cols.x[i + 1]) / 2, y(sign * total.extent(cols.at[i], cols.end(i))[1]));
      pen.stroke();
    }
    pen.fillStyle = INK;
    pen.fillRect(0, Math.round(y(0)), cols.x[cols.count], 1);
  }

  /** A shortage or surplus shows at the edge even where it lasted for a step of a year. */
  flag(pen, y, cols, sign) {
    const all = this.range(cols.at[0], cols.end(cols.count - 1));
    const edge = sign > 0 ? y(Math.max(...all)) : y(Math.min(...all)) - 4;
    pen.fillStyle = ALARM;
    for (const item of this.items.filter((i) => i.slack && i.sign === sign)) {
      for (let i = 0; i < cols.count; i++) {
        if (item.series.extent(cols.at[i], cols.end(i))[1] > 1e-3) pen.fillRect(cols.x[i], edge, Math.max(2, cols.x[i + 1] - cols.x[i]), 4);
      }
    }
  }
}

/** A small red tick at the edge wherever values leave the scale. */
function markSpikes(pen, y, cols, [low, high], extent) {
  pen.fillStyle = ALARM;
  for (let i = 0; i < cols.count; i++) {
    const [least, greatest] = extent(i);
    const wide = Math.max(2, cols.x[i + 1] - cols.x[i]);
    if (greatest > high) pen.fillRect(cols.x[i], y(high), wide, 5);
    if (least < low) pen.fillRect(cols.x[i], y(low) - 5, wide, 5);
  }
}

/** Lines, with the reach of what a pixel holds behind them. */
class Lines {
  constructor(items, unit, height) {
    Object.assign(this, { items, unit, height });
  }

  range(from, to) {
    const all = this.items.flatMap((i) => i.series.usual(from, to));
    this.shown = [Math.min(...all), Math.max(...all)];
    return all;
  }

  draw(pen, y, cols) {
    for (const { series, colour } of this.items) {
      if (!cols.single) this.reach(pen, y, cols, series, colour);
      pen.strokeStyle = colour;
      pen.lineWidth = 1.3;
      pen.beginPath();
      for (let i = 0; i < cols.count; i++) {
        const at = y(series.mean(cols.at[i], cols.end(i)));
        pen.lineTo(cols.x[i], at);
        pen.lineTo(cols.x[i + 1], at);
      }
      pen.stroke();
    }
    for (const { series } of this.items) markSpikes(pen, y, cols, this.shown, (i) => series.extent(cols.at[i], cols.end(i)));
  }

  reach(pen, y, cols, series, colour) {
    pen.fillStyle = colour + "40";
    for (let i = 0; i < cols.count; i++) {
      const [low, high] = series.extent(cols.at[i], cols.end(i));
      pen.fillRect(cols.x[i], y(high), cols.x[i + 1] - cols.x[i], Math.max(0, y(low) - y(high)));
    }
  }
}

/** A level between empty and full, with its band. */
class Level extends Lines {
  constructor(item, about) {
    super([item], about.unit, 130);
    Object.assign(this, { capacity: about.capacity, band: about.band });
  }

  range(from, to) {
    return [0, this.capacity ? this.capacity * 1.04 : this.items[0].series.extent(from, to)[1]];
  }

  draw(pen, y, cols) {
    const width = cols.x[cols.count];
    const { series, colour } = this.items[0];
    if (this.band) {
      pen.fillStyle = "#eef1f3";
      pen.fillRect(0, y(this.band[1]), width, y(this.band[0]) - y(this.band[1]));
    }
    if (!cols.single) this.reach(pen, y, cols, series, colour);
    pen.strokeStyle = colour;
    pen.lineWidth = 1.4;
    pen.beginPath();
    for (let i = 0; i < cols.count; i++) {
      // A level is that of its step's end: it rises and falls between.
      if (cols.single) pen.lineTo(cols.x[i + 1], y(series.values[cols.at[i]]));
      else pen.lineTo((cols.x[i] + cols.x[i + 1]) / 2, y(series.mean(cols.at[i], cols.end(i))));
    }
    pen.stroke();
    if (this.band) this.outside(pen, y, cols, series);
    if (this.capacity) {
      pen.fillStyle = INK;
      pen.fillRect(0, Math.round(y(this.capacity)) - 1, width, 1.5);
    }
  }

  outside(pen, y, cols, series) {
    const [bottom, top] = this.band;
    const slack = (this.capacity || top) * 1e-4;
    pen.fillStyle = ALARM;
    for (let i = 0; i < cols.count; i++) {
      const [low, high] = series.extent(cols.at[i], cols.end(i));
      const wide = Math.max(1.5, cols.x[i + 1] - cols.x[i]);
      if (high > top + slack) pen.fillRect(cols.x[i], y(high), wide, Math.max(2, y(top) - y(high)));
      if (low < bottom - slack) pen.fillRect(cols.x[i], y(bottom), wide, Math.max(2, y(low) - y(bottom)));
    }
  }
}

/** A canvas of panels over one axis of time. */
class Chart {
  constructor(canvas, panels, page) {
    Object.assign(this, { canvas, panels, page, dirty: true, visible: false });
    this.height = panels.reduce((sum, p) => sum + p.height + GAP, AXIS - GAP + 10);
    canvas.style.height = this.height + "px";
  }

  get width() {
    return (this.page.printWidth || this.canvas.clientWidth) - LEFT - RIGHT;
  }

  /** The step under a place on the screen. */
  step(x) {
    const { from, to } = this.page.view;
    const share = (x - this.canvas.getBoundingClientRect().left - LEFT) / this.width;
    return from + Math.max(0, Math.min(1, share)) * (to - from);
  }

  draw() {
    const { view, hover, clock, meta, selection } = this.page;
    const dense = this.page.printWidth ? 2.5 : window.devicePixelRatio || 1;
    const width = Math.floor(this.width);
    if (width < 20) return;
    this.dirty = false;
    this.canvas.width = (width + LEFT + RIGHT) * dense;
    this.canvas.height = this.height * dense;
    const pen = this.canvas.getContext("2d");
    pen.scale(dense, dense);
    pen.font = "11px system-ui, sans-serif";
    const cols = columns(this.page, width);
    const x = (step) => ((step - view.from) / (view.to - view.from)) * width;
    const ticks = clock.ticks(meta.start + view.from * meta.step, meta.start + view.to * meta.step, width / 85);
    pen.translate(LEFT, 8);
    let top = 0;
    for (const panel of this.panels) {
      const y = this.scale(pen, panel, top, width, cols);
      pen.fillStyle = LINE;
      for (const [second] of ticks) pen.fillRect(Math.round(x((second - meta.start) / meta.step)), top, 1, panel.height);
      pen.save();
      pen.beginPath();
      pen.rect(0, top, width, panel.height);
      pen.clip();
      panel.draw(pen, y, cols);
      pen.restore();
      top += panel.height + GAP;
    }
    pen.textAlign = "center";
    pen.textBaseline = "top";
    pen.fillStyle = SOFT;
    for (const [second, label] of ticks) {
      const at = x((second - meta.start) / meta.step);
      if (at > 12 && at < width - 16) pen.fillText(label, at, top - GAP + 5);
    }
    if (hover !== null && !this.page.printWidth) {
      pen.fillStyle = "#22282e99";
      pen.fillRect(Math.round(x(hover + 0.5)), 0, 1, top - GAP);
    }
    if (selection) {
      pen.fillStyle = "#1f558233";
      pen.fillRect(x(selection[0]), 0, x(selection[1]) - x(selection[0]), top - GAP);
    }
  }

  /** Draws a panel's scale and gives its heights. */
  scale(pen, panel, top, width, cols) {
    let values = panel.range(cols.at[0], cols.end(cols.count - 1));
    let [low, high] = [Math.min(...values), Math.max(...values)];
    if (high - low < 1e-9 * Math.max(1, Math.abs(high))) [low, high] = low === 0 ? [0, 1] : [low - Math.abs(low) * 0.1, high + Math.abs(high) * 0.1];
    const y = (value) => top + ((high - value) / (high - low)) * panel.height;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const mark of marks(low, high, panel.height / 36)) {
      pen.fillStyle = LINE;
      pen.fillRect(0, Math.round(y(mark)), width, 1);
      pen.fillStyle = SOFT;
      // Below zero stands what is taken: an amount, not a minus.
      pen.fillText(number(panel instanceof Stack ? Math.abs(mark) : mark), -6, y(mark));
    }
    return y;
  }
}

/** How long a price was at least how high. */
class Duration {
  constructor(canvas, series, colour, page) {
    Object.assign(this, { canvas, series, colour, page, dirty: true, visible: false, steady: true, height: 150 });
    canvas.style.height = this.height + "px";
  }

  draw() {
    const dense = this.page.printWidth ? 2.5 : window.devicePixelRatio || 1;
    const all = this.page.printWidth ? 225 : this.canvas.clientWidth;
    const width = Math.floor(all - LEFT - RIGHT);
    if (width < 20) return;
    this.dirty = false;
    this.canvas.width = all * dense;
    this.canvas.height = this.height * dense;
    const pen = this.canvas.getContext("2d");
    pen.scale(dense, dense);
    pen.font = "11px system-ui, sans-serif";
    pen.translate(LEFT, 8);
    this.sorted ??= this.series.values.filter(Number.isFinite).sort().reverse();
    this.usual ??= this.series.usual(0, this.series.values.length);
    const [low, high] = [Math.min(0, this.usual[0]), Math.max(0, this.usual[1])];
    const tall = this.height - AXIS - 10;
    const y = (v) => ((high - v) / (high - low || 1)) * tall;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const mark of marks(low, high || 1, 3)) {
      pen.fillStyle = LINE;
      pen.fillRect(0, Math.round(y(mark)), width, 1);
      pen.fillStyle = SOFT;
      pen.fillText(number(mark), -6, y(mark));
    }
    pen.textBaseline = "top";
    pen.textAlign = "center";
    for (const share of [0.25, 0.5, 0.75]) pen.fillText(share * 100 + " %", share * width, tall + 5);
    pen.strokeStyle = this.colour;
    pen.lineWidth = 1.5;
    pen.beginPath();
    const at = (i) => Math.min(this.sorted.length - 1, Math.floor((i / width) * this.sorted.length));
    for (let i = 0; i <= width; i++) pen.lineTo(i, y(Math.max(low, Math.min(high, this.sorted[at(i)]))));
    pen.stroke();
    const pixels = { x: Array.from({ length: width + 1 }, (_, i) => i), count: width };
    markSpikes(pen, y, pixels, [low, high], (i) => [this.sorted[at(i + 1)], this.sorted[at(i)]]);
  }
}
