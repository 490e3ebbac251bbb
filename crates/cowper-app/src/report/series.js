// Packed series into numbers, and quick answers about stretches of them.

const MISSING = 65535;
const FOLD = 16;

/** The bytes of all series, from the text they travel in. */
async function unpack(text) {
  if (!("DecompressionStream" in window)) {
    throw new Error("This browser is too old to draw the charts over time (it lacks DecompressionStream); open the page in a current Firefox, Chrome, Edge or Safari. The tables are complete.");
  }
  const characters = atob(text.trim());
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** One value a step. Decoded when first looked at. */
class Series {
  constructor(make) {
    this.make = make;
  }

  /** All series of the packed bytes: each by its scale, or, without one, as floating-point values. */
  static unpacked(bytes, scales, steps) {
    let next = 0;
    return scales.map((scale) => {
      const from = next;
      next += (scale ? 2 : 4) * steps;
      return new Series(() => (scale ? Series.scaled(bytes, from, scale, steps) : Series.floating(bytes, from, steps)));
    });
  }

  static scaled(bytes, from, [scale, base], steps) {
    const values = new Float32Array(steps);
    let code = 0;
    for (let t = 0; t < steps; t++) {
      code = (code + (bytes[from + t] << 8) + bytes[from + steps + t]) & 65535;
      values[t] = code === MISSING ? NaN : (code + base) * scale;
    }
    return values;
  }

  static floating(bytes, from, steps) {
    const view = new DataView(new ArrayBuffer(4));
    return Float32Array.from({ length: steps }, (_, t) => {
      for (let place = 0; place < 4; place++) view.setUint8(place, bytes[from + place * steps + t]);
      return view.getFloat32(0);
    });
  }

  static sum(all, steps) {
    return new Series(() => {
      const values = new Float32Array(steps);
      for (const one of all) one.values.forEach((v, t) => { values[t] += v; });
      return values;
    });
  }

  get values() {
    return this.kept ??= this.make();
  }

  /** Sums up to each step: the mean of any stretch is a difference of two. */
  get sums() {
    if (!this.keptSums) {
      this.keptSums = new Float64Array(this.values.length + 1);
      this.values.forEach((v, t) => { this.keptSums[t + 1] = this.keptSums[t] + (v || 0); });
    }
    return this.keptSums;
  }

  mean(from, to) {
    return (this.sums[to] - this.sums[from]) / (to - from);
  }

  /** Least and greatest of blocks of 16, of 256, and so on. */
  get blocks() {
    if (this.keptBlocks) return this.keptBlocks;
    let level = { low: this.values, high: this.values };
    this.keptBlocks = [level];
    while (level.low.length > FOLD) {
      const size = Math.ceil(level.low.length / FOLD);
      const next = { low: new Float32Array(size).fill(Infinity), high: new Float32Array(size).fill(-Infinity) };
      for (let i = 0; i < level.low.length; i++) {
        const block = (i / FOLD) | 0;
        if (level.low[i] < next.low[block]) next.low[block] = level.low[i];
        if (level.high[i] > next.high[block]) next.high[block] = level.high[i];
      }
      this.keptBlocks.push(level = next);
    }
    return this.keptBlocks;
  }

  /** Least and greatest from one step up to, not including, another. */
  extent(from, to) {
    let low = Infinity;
    let high = -Infinity;
    while (from < to) {
      let depth = 0;
      let size = 1;
      while (depth + 1 < this.blocks.length && from % (size * FOLD) === 0 && from + size * FOLD <= to) {
        depth++;
        size *= FOLD;
      }
      const at = from / size;
      if (this.blocks[depth].low[at] < low) low = this.blocks[depth].low[at];
      if (this.blocks[depth].high[at] > high) high = this.blocks[depth].high[at];
      from += size;
    }
    return low <= high ? [low, high] : [0, 0];
  }
  /** Least and greatest that a scale shows. What exceeds twenty times the size that nine of ten values keep within is a spike and
   * left out: beside it all else would lie flat. */
  usual(from, to) {
    const [low, high] = this.extent(from, to);
    const sizes = [];
    for (let t = from, stride = Math.ceil((to - from) / 2000); t < to; t += stride) if (Number.isFinite(this.values[t])) sizes.push(Math.abs(this.values[t]));
    sizes.sort((a, b) => a - b);
    const most = 20 * sizes[Math.floor(sizes.length * 0.9)];
    if (!(most > 0 && Math.max(-low, high) > most)) return [low, high];
    let [least, greatest] = [Infinity, -Infinity];
    for (let t = from; t < to; t++) {
      const value = this.values[t];
      if (Math.abs(value) > most) continue;
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
    return [least, greatest];
  }

  /** The first spikes that are the farthest up and down, each as its step: none where the scale shows all. */
  spikes(from, to) {
    const [all, shown] = [this.extent(from, to), this.usual(from, to)];
    return [1, 0].filter((i) => all[i] !== shown[i]).map((i) => this.values.indexOf(all[i], from));
  }
}
