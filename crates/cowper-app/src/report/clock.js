// Local time of the site: from the offsets that came with the data, never from the browser's zone.

const DAY = 86400;
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

class Clock {
  /** offsets: [second from which it holds, seconds ahead of UTC], in order. */
  constructor(offsets) {
    this.offsets = offsets;
  }

  offset(second) {
    let found = this.offsets[0][1];
    for (const [from, offset] of this.offsets) if (second >= from) found = offset;
    return found;
  }

  /** A date whose UTC fields show the local time. */
  local(second) {
    return new Date((second + this.offset(second)) * 1000);
  }

  /** The instants at which the local clock shows something: two when it is put back, none in the hour left out. */
  instants(shown) {
    return [...new Set(this.offsets.map((o) => o[1]))].map((o) => shown - o).filter((s) => s + this.offset(s) === shown).sort((a, b) => a - b);
  }

  instant(shown) {
    return this.instants(shown)[0] ?? shown - this.offset(shown - this.offsets[0][1]);
  }

  /** The start of the local day, week or month that is `later` after that of an instant. */
  start(unit, second, later = 0) {
    const date = this.local(second);
    let [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
    if (unit === "month") [month, day] = [month + later, 1];
    if (unit === "week") day += 7 * later - ((date.getUTCDay() + 6) % 7);
    if (unit === "day") day += later;
    return this.instant(Date.UTC(year, month, day) / 1000);
  }

  label(second) {
    const date = this.local(second);
    const hours = this.offset(second) / 3600;
    const iso = date.toISOString();
    const ahead = `UTC${hours < 0 ? "−" : "+"}${Math.floor(Math.abs(hours))}${hours % 1 ? ":" + String(Math.abs(hours % 1) * 60).padStart(2, "0") : ""}`;
    return `${WEEKDAYS[date.getUTCDay()]} ${iso.slice(0, 10)} ${iso.slice(11, 16)} (${ahead})`;
  }

  /** Marks for an axis, at most about `most` of them: [second, label]. */
  ticks(from, to, most) {
    const span = (to - from) / most;
    const unit = [900, 1800, 3600, 7200, 10800, 21600, 43200, DAY, 2 * DAY, 7 * DAY].find((u) => u >= span);
    const [first, last] = [from + this.offset(from), to + this.offset(to)];
    const marks = [];
    if (unit) {
      const phase = unit === 7 * DAY ? 4 * DAY : 0; // The first of January 1970 was a Thursday.
      for (let shown = Math.ceil((first - phase) / unit) * unit + phase; shown <= last; shown += unit) {
        for (const second of this.instants(shown)) marks.push([second, this.mark(shown, unit)]);
      }
    } else {
      const months = [1, 3, 12].find((m) => m * 30 * DAY >= span) ?? 12;
      const date = this.local(from);
      for (let month = Math.ceil(date.getUTCMonth() / months) * months; ; month += months) {
        const shown = Date.UTC(date.getUTCFullYear(), month, 1) / 1000;
        if (shown > last) break;
        const day = new Date(shown * 1000);
        marks.push([this.instant(shown), day.getUTCMonth() === 0 ? String(day.getUTCFullYear()) : MONTHS[day.getUTCMonth()]]);
      }
    }
    return marks.filter(([second]) => second >= from && second <= to);
  }

  mark(shown, unit) {
    const date = new Date(shown * 1000);
    if (shown % DAY) return date.toISOString().slice(11, 16);
    const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
    return unit < DAY ? `${WEEKDAYS[date.getUTCDay()]} ${day}` : day;
  }
}
