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

  /** The series of a number among the packed bytes. */
  static packed(bytes, number, [scale, base], steps) {
    return new Series(() => {
      const values = new Float32Array(steps);
      const high = number * steps * 2;
      const low = high + steps;
      let code = 0;
      for (let t = 0; t < steps; t++) {
        code = (code + (bytes[high + t] << 8) + bytes[low + t]) & 65535;
        values[t] = code === MISSING ? NaN : (code + base) * scale;
      }
      return values;
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
}
