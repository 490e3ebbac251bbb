#!/usr/bin/env python3
"""The table "Speed to reach" of the solver: every row measured in one run, beside the peers.

    table.py --peers FOLDER [--python VENV/bin/python] [--data FOLDER] [--quick | --long] [--rows 1 2 …]
             [--binaries target/debug] [--json FILE]

Makes the data of the benchmark site with FOLDER/sitegen.py unless --data has it, translates it, and measures each row:
`cowper run` for what is end to end, the example `bench` of the library for what is the solve alone, FOLDER/run_pypsa.py
for the peers. Prints a Markdown table with ratios and targets, then where the time goes; writes all of it as JSON.

--quick leaves out what takes more than a minute or so; --long lets the peers try the year at 15 min too.
The peers' share of a row stops at --limit seconds. Compare only on a machine that does nothing else.
"""

import argparse
import json
import math
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta

from hot import functions

HERE = os.path.dirname(os.path.abspath(__file__))
GIB = 2**30
# Where a run takes less than this many seconds it is repeated.
SHORT = 60.0
# Days of the lengths over which time and memory are to grow linearly.
LENGTHS = {"week": 7, "month": 30, "quarter": 91, "year": 365, "2 years": 730, "5 years": 1825}
PEERS = {"simplex": ["--solver", "simplex"], "HiPO": ["--solver", "hipo", "--opt", "run_crossover=off"]}
AGREE = 1e-6


def main():
    options = arguments()
    bench = Bench(options)
    print(f"load of the machine at the start: {load()}", flush=True)
    for number, row in ROWS.items():
        if not options.rows or number in options.rows:
            print(f"row {number} …", file=sys.stderr, flush=True)
            row(bench)
    print(bench.text())
    print(f"load of the machine at the end: {load()}")
    with open(options.json, "w", encoding="utf-8") as file:
        json.dump({"rows": bench.rows, "profiles": bench.profiles, "runs": bench.runs}, file, indent=1)
    print(f"all figures: {options.json}")
    sys.exit(0 if bench.agree else 1)


def arguments():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--peers", required=True, help="folder with sitegen.py, run_pypsa.py and run_rolling_pypsa.py")
    options.add_argument("--python", default=sys.executable, help="Python that has PyPSA")
    options.add_argument("--binaries", default=os.path.join(HERE, "..", "target", "debug"), help="folder of cowper and examples/bench (default: %(default)s)")
    options.add_argument("--data", help="folder with the data of sitegen.py (default: made anew, seed 1)")
    options.add_argument("--work", help="folder for sites and results (default: a new one)")
    options.add_argument("--json", default="table.json", help="where the figures go (default: %(default)s)")
    options.add_argument("--rows", type=int, nargs="+", choices=list(ROWS), help="only these (default: all)")
    options.add_argument("--repeats", type=int, default=3, help="of what takes less than a minute (default: %(default)s)")
    options.add_argument("--windows", type=int, default=1000, help="how many windows (default: %(default)s)")
    options.add_argument("--limit", type=float, default=900, help="seconds a peer may take (default: %(default)s)")
    much = options.add_mutually_exclusive_group()
    much.add_argument("--quick", action="store_true", help="nothing that takes more than a minute or so")
    much.add_argument("--long", action="store_true", help="the peers on the year at 15 min too")
    options = options.parse_args()
    options.peers, options.binaries = os.path.abspath(options.peers), os.path.abspath(options.binaries)
    return options


def load():
    return " ".join(f"{one:.1f}" for one in os.getloadavg()) + f" on {os.cpu_count()} cores"


class Bench:
    """The programs, the sites, and what was measured."""

    def __init__(self, options):
        self.options = options
        self.rows, self.profiles, self.runs, self.agree = [], [], {}, True
        self.work = os.path.abspath(options.work or tempfile.mkdtemp(prefix="cowper-table-"))
        os.makedirs(self.work, exist_ok=True)
        self.data = os.path.abspath(options.data or os.path.join(self.work, "data"))
        if not options.data:
            run([options.python, "-W", "ignore", os.path.join(options.peers, "sitegen.py"), "--seed", "1", "--out", self.data])
        self.sites = os.path.join(self.work, "sites")
        run([sys.executable, os.path.join(HERE, "translate.py"), self.data, self.sites])

    def site(self, step):
        return os.path.join(self.sites, f"site_{step}.toml")

    def command(self, *words):
        """The example `bench` of the library."""
        return [os.path.join(self.options.binaries, "examples", "bench"), *words]

    def remember(self, what, found):
        self.runs.setdefault(what, []).append(found)
        return found

    def solve(self, site, days, repeats=None, highs=False):
        """The solve alone, by staircase or by HiGHS, in a process of its own."""
        command = self.command("solve", site, "--days", str(days), "--limit", str(self.options.limit))
        if highs:
            return self.remember(f"HiGHS, {days} days of {name(site)}", last_line(run([*command, "--solver", "highs"])))
        once = last_line(run([*command, "--repeats", str(repeats or self.options.repeats)]))
        return self.remember(f"staircase, {days} days of {name(site)}", once)

    def cowper(self, site):
        """`cowper run` with all outputs; the middle one of the repeats, by its total."""
        out = os.path.join(self.work, "results")
        found = []
        for _ in range(self.options.repeats):
            run([os.path.join(self.options.binaries, "cowper"), "run", site, "--out", out])
            with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
                summary = json.load(file)
            found.append({key: summary[key] for key in ("status", "objective", "timings", "peak_memory", "solver")})
        found.sort(key=lambda one: one["timings"]["total"])
        return self.remember(f"cowper run, {name(site)}", found[len(found) // 2])

    def pypsa(self, step, days, how):
        """PyPSA with direct input to HiGHS; None where it does not finish in time. Once, if it takes long."""
        key = f"PyPSA {how}, {days} days at {step}"
        if key not in self.runs:
            self.runs[key] = []
            command = [self.options.python, os.path.join(self.options.peers, "run_pypsa.py"), "--data", self.data]
            command += ["--freq", step, "--days", str(days), "--io", "direct", *PEERS[how]]
            command += ["--limit", str(self.options.limit), "--out", os.path.join(self.work, "pypsa")]
            for _ in range(self.options.repeats):
                begun = time.monotonic()
                # Besides the solve, which stops itself, there is the rest of it.
                said = last_line(run(command, cwd=self.work, limit=self.options.limit + 300, may_fail=True))
                done = said is not None and said.get("status") == ["ok", "optimal"]
                self.runs[key].append(said if done else {"unfinished": time.monotonic() - begun, "said": said})
                if not done or time.monotonic() - begun > SHORT:
                    break
        done = [one for one in self.runs[key] if "unfinished" not in one]
        return sorted(done, key=lambda one: one["total_s"])[len(done) // 2] if done else None

    def row(self, work, ours, target, met, peers=()):
        """A row of the table. `peers`: name, text, and the seconds that a ratio is made of, or none."""
        self.rows.append({"work": work, "ours": ours, "target": target, "met": met, "peers": list(peers)})

    def profile(self, title, solved):
        """Where the time of a solve by staircase goes."""
        iterations = max(solved["iterations"], 1)
        each = solved["within"] / iterations
        line = (
            f"{title}: {solved['seconds']:.3f} s; before the first iteration {solved['before']:.3f} s "
            f"({share(solved['before'], solved['seconds'])}: presolve, scaling, order), {solved['iterations']} iterations "
            f"{solved['within']:.3f} s ({share(solved['within'], solved['seconds'])}, {1e3 * each:.2f} ms each), after the last "
            f"{solved['after']:.3f} s ({share(solved['after'], solved['seconds'])}: postsolve, measure)"
        )
        if solved.get("sweep_threads"):
            kept = solved["peak_memory"] - solved["resident_before"]
            line += (
                f"; the solve keeps {kept / 2**20:.0f} MiB, and an iteration takes as long as reading that "
                f"{each / solved['sweep_threads']:.1f} times with all cores ({kept / solved['sweep_threads'] / 1e9:.1f} GB/s)"
            )
        self.profiles.append(line)

    def hot(self, title, command):
        """In which functions the time goes, where the machine can tell."""
        shares = functions(command)
        if shares:
            self.profiles.append(f"{title}, by function: " + ", ".join(f"{name_} {100 * part:.0f} %" for name_, part in shares))

    def check(self, what, ours, theirs):
        """Objectives must agree."""
        if ours is None or theirs is None or not abs(ours - theirs) <= AGREE * max(1.0, abs(theirs)):
            self.agree = False
            self.profiles.append(f"{what}: DOES NOT AGREE, {ours} and {theirs}")

    def text(self):
        lines = ["", "| work | Cowper | peers of this run | ratio | to reach | |", "|---|---|---|---|---|---|"]
        for row in self.rows:
            names = "; ".join(f"{peer} {text}" for peer, text, _ in row["peers"]) or "–"
            ratios = "; ".join(f"{ratio:.1f}" for _, _, ratio in row["peers"] if ratio) or "–"
            verdict = {True: "met", False: "**missed**", None: "not measured"}[row["met"]]
            lines.append(f"| {row['work']} | {row['ours']} | {names} | {ratios} | {row['target']} | {verdict} |")
        return "\n".join([*lines, "", "Where the time goes:", "", *(f"- {line}" for line in self.profiles), ""])


def year_hourly_alone(bench):
    ours = bench.solve(bench.site("1h"), 365)
    peers = pypsa_peers(bench, "1h", ours, "highs_s", seconds(ours))
    if not bench.options.quick:
        highs = bench.solve(bench.site("1h"), 365, highs=True)
        if highs["status"] == "Optimal":
            peers.append(("HiGHS simplex from Cowper", f"{highs['seconds']:.1f} s", highs["seconds"] / ours["seconds"]))
            bench.check("year at 1 h, HiGHS", ours["objective"], highs["objective"])
        else:
            peers.append(("HiGHS simplex from Cowper", f"not finished at {highs['seconds']:.0f} s", None))
    best = min((ratio for _, _, ratio in peers if ratio), default=None)
    bench.row("year at 1 h, solve alone", text_of(ours), "≥ 25 times the best peer", best and best >= 25, peers)
    bench.profile("year at 1 h", ours)
    bench.hot("year at 1 h", bench.command("solve", bench.site("1h")))


def pypsa_peers(bench, step, ours, stage, ours_seconds):
    """Peers of a year, if there is time for them, with their ratio to ours."""
    if bench.options.quick:
        return []
    peers = []
    for how in PEERS:
        said = bench.pypsa(step, 365, how)
        if said is None:
            unfinished = bench.runs[f"PyPSA {how}, 365 days at {step}"][-1]["unfinished"]
            peers.append((f"PyPSA with {how}", f"not finished at {unfinished:.0f} s", None))
            continue
        time_of = said[stage] if said.get(stage) is not None else said["solve_model_s"]
        text = f"{time_of:.1f} s" + ("" if stage == "highs_s" else f", {said['rss_mib'] / 1024:.2f} GiB")
        peers.append((f"PyPSA with {how}", text, time_of / ours_seconds))
        bench.check(f"year at {step}, {how}", ours["objective"], said["objective"])
    return peers


def year_hourly_whole(bench):
    ours = bench.cowper(bench.site("1h"))
    total, peak = ours["timings"]["total"], ours["peak_memory"]
    peers = pypsa_peers(bench, "1h", ours, "total_s", total)
    best = min((ratio for _, _, ratio in peers if ratio), default=None)
    met = best and best >= 25 and peak <= 0.6 * GIB
    bench.row("year at 1 h, `cowper run` with all outputs", whole_text(ours), "≥ 25 times PyPSA, ≤ 0.6 GiB", met, peers)
    stages(bench, "year at 1 h", ours)


def year_quarter_alone(bench):
    ours = bench.solve(bench.site("15min"), 365)
    peers = pypsa_peers(bench, "15min", ours, "highs_s", seconds(ours)) if bench.options.long else []
    met = ours["seconds"] <= 12 and ours["peak_memory"] <= 1.5 * GIB and ours["status"] == "Optimal"
    bench.row("year at 15 min, solve alone", text_of(ours), "≤ 12 s, ≤ 1.5 GiB", met, peers)
    bench.profile("year at 15 min", ours)


def year_quarter_whole(bench):
    ours = bench.cowper(bench.site("15min"))
    total, peak = ours["timings"]["total"], ours["peak_memory"]
    peers = pypsa_peers(bench, "15min", ours, "total_s", total) if bench.options.long else []
    bench.row("year at 15 min, `cowper run` with all outputs", whole_text(ours), "≤ 20 s, ≤ 3 GiB", total <= 20 and peak <= 3 * GIB, peers)
    stages(bench, "year at 15 min", ours)


def week_quarter(bench):
    ours = bench.solve(bench.site("15min"), 7, repeats=max(9, bench.options.repeats))
    highs = [bench.solve(bench.site("15min"), 7, highs=True) for _ in range(1 if bench.options.quick else bench.options.repeats)]
    theirs = statistics.median(one["seconds"] for one in highs)
    bench.check("week at 15 min, HiGHS", ours["objective"], highs[0]["objective"])
    peers = [("HiGHS simplex from Cowper", f"{theirs:.2f} s", theirs / ours["seconds"])]
    if not bench.options.quick:
        said = bench.pypsa("15min", 7, "simplex")
        if said and said["highs_s"]:
            peers.append(("PyPSA with simplex", f"{said['highs_s']:.2f} s", said["highs_s"] / ours["seconds"]))
            bench.check("week at 15 min, PyPSA", ours["objective"], said["objective"])
    bench.row("week at 15 min, solve", text_of(ours), "≤ 0.08 s", ours["seconds"] <= 0.08, peers)
    bench.profile("week at 15 min", ours)


def windows(bench):
    """Levels are no longer those of a ring: each window starts from where the one before has come to."""
    site = os.path.join(bench.sites, "site_windows.toml")
    with open(bench.site("15min"), encoding="utf-8") as file:
        text = file.read().replace('end = "cyclic"', 'start = 0.5\nend = "free"')
    with open(site, "w", encoding="utf-8") as file:
        file.write(text)
    rolling = [] if bench.options.quick else rolling_pypsa(bench)
    for shift in (1, 4):
        command = bench.command("windows", site, "--shift", str(shift))
        command += ["--windows", str(bench.options.windows), "--highs", str(20 if bench.options.quick else 100)]
        found = bench.remember(f"windows, {shift} steps on", last_line(run(command)))
        if found["worst_difference"] > AGREE:
            bench.agree = False
        highs = ("HiGHS simplex from Cowper, cold", spread(found["highs"]), found["highs"]["median"])
        far = "1 quarter-hour" if shift == 1 else f"{shift} quarter-hours"
        title = f"{found['windows']} windows of 96 quarter-hours, {far} on"
        for label, key, iterations, beside in (
            ("solve, cold", "cold", "cold_iterations", [highs]),
            ("solve, from the last point moved on", "warm", "warm_iterations", [highs]),
            ("compile and solve through Cowper, cold", "compile_and_solve", None, [highs, *rolling]),
            ("compile and solve through Cowper, from the last point moved on", "compile_and_solve_from_last", None, [highs, *rolling]),
        ):
            it = f", {found[iterations]['median']:.0f} iterations (worst {found[iterations]['worst']:.0f})" if iterations else ""
            met = found[key]["median"] <= 6e-3 and found[key]["worst"] <= 15e-3
            bench.row(f"{title}: {label}", spread(found[key]) + it, "≤ 6 ms median, ≤ 15 ms worst", met, [(peer, text, each / found[key]["median"]) for peer, text, each in beside])
        bench.profiles.append(
            f"{title}: compile {spread(found['compile'])}; through Cowper {spread(found['solve'])}, of which staircase "
            f"{spread(found['cold'])}; greatest relative difference of objectives {found['worst_difference']:.0e}; "
            + "slowest cold: " + ", ".join(f"window {one['window']} {1e3 * one['seconds']:.1f} ms, {one['iterations']} iterations" for one in found["slowest"])
        )


def rolling_pypsa(bench):
    script = os.path.join(bench.options.peers, "run_rolling_pypsa.py")
    command = [bench.options.python, script, "--data", bench.data, "--days", "2", "--advance", "24", "--io", "direct"]
    said = last_line(run(command, cwd=bench.work, limit=bench.options.limit, may_fail=True))
    if said is None:
        return []
    bench.remember("PyPSA rolling", said)
    return [("PyPSA rolling", f"{said['s_per_window']:.1f} s a window", said["s_per_window"])]


def five_years(bench):
    lengths = {label: days for label, days in LENGTHS.items() if days <= 365 or not bench.options.quick}
    found = {label: bench.solve(repeated(bench, days), days, bench.options.repeats if days > 31 else 9) for label, days in lengths.items()}
    steps = [one["steps"] for one in found.values()]
    for label, key, what in (("time", "seconds", seconds), ("memory", "peak_memory", kept), ("iterations", "iterations", lambda one: one["iterations"])):
        values = [what(one) for one in found.values()]
        exponent = slope(steps, values)
        show = {"seconds": "{:.3f} s", "peak_memory": "{:.1f} MiB", "iterations": "{}"}[key]
        scaled = [value / 2**20 if key == "peak_memory" else value for value in values]
        text = ", ".join(f"{name_} {show.format(value)}" for name_, value in zip(found, scaled))
        if key == "iterations":
            bench.profiles.append(f"a week to {list(found)[-1]} at 1 h, iterations: {text}; exponent {exponent:.2f}")
            continue
        bench.row(f"a week to {list(found)[-1]} at 1 h, {label} of the solve", f"exponent {exponent:.2f} ({text})", "≤ 1.1", exponent <= 1.1)
    each = [one["within"] / one["iterations"] for one in found.values()]
    per = ", ".join(f"{name_} {1e6 * value / count:.2f}" for name_, value, count in zip(found, each, steps))
    bench.profiles.append(f"a week to {list(found)[-1]} at 1 h, µs an iteration and step: {per}; exponent of an iteration {slope(steps, each):.2f}")


def repeated(bench, days):
    """The site with its hourly year again and again, for so many days; stamps go on."""
    folder = os.path.join(bench.work, f"days_{days}")
    os.makedirs(folder, exist_ok=True)
    with open(bench.site("1h"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(bench.sites, "series_1h.csv"), encoding="utf-8") as file:
        header, *lines = file.read().splitlines()
    start = datetime.fromisoformat(lines[0].split(",", 1)[0])
    stamp = lambda hour: f"{start + timedelta(hours=hour):%Y-%m-%d %H:%M}"
    rest = [line.split(",", 1)[1] for line in lines]
    with open(os.path.join(folder, "series_1h.csv"), "w", encoding="utf-8") as file:
        file.write("\n".join([header, *(f"{stamp(hour)},{rest[hour % len(rest)]}" for hour in range(24 * days))]) + "\n")
    site = os.path.join(folder, f"site_{days}_days.toml")
    with open(site, "w", encoding="utf-8") as file:
        file.write(re.sub(r'(?m)^end = "\d.*"$', f'end = "{stamp(24 * days)}"', text, count=1))
    return site


def capacities(bench):
    command = bench.command("capacities", bench.site("1h"))
    found = bench.remember("capacities", last_line(run([*command, "--repeats", str(bench.options.repeats)])))
    fixed, capped = found["fixed"], found["capped"]
    ratio = capped["seconds"] / fixed["seconds"]
    text = (
        f"{capped['seconds']:.2f} s, {capped['iterations']} iterations ({found['sizes_between_their_bounds']} of {len(found['sizes'])} "
        f"sizes between their bounds, {found['carbon_price']:.0f} EUR/t): **{ratio:.2f}** times in time, "
        f"{capped['iterations'] / fixed['iterations']:.2f} in iterations"
    )
    fixed_text = f"{fixed['seconds']:.2f} s, {fixed['iterations']} iterations"
    met = ratio <= 2 and found["optimal"]
    bench.row("year at 1 h with 20 capacities and a CO2 cap", text, "≤ 2 times the fixed-capacity year", met, [("fixed capacities", fixed_text, None)])
    bench.profile("year with capacities and cap", capped)
    bench.hot("year with capacities and cap, and without", command)


ROWS = {
    1: year_hourly_alone,
    2: year_hourly_whole,
    3: year_quarter_alone,
    4: year_quarter_whole,
    5: week_quarter,
    6: windows,
    7: five_years,
    8: capacities,
}


def run(command, limit=None, may_fail=False, **more):
    """Runs a command; its standard output, none where it takes too long or may fail and does. Stops with what it said
    if it may not."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=limit, **more)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0 and may_fail:
        print(done.stderr, file=sys.stderr)
        return None
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def last_line(text):
    """The JSON at the end of what a program said."""
    return None if text is None else json.loads(text.splitlines()[-1])


def stages(bench, title, ours):
    timings = ours["timings"]
    parts = ", ".join(f"{stage} {timings[stage]:.2f} s" for stage in ("read", "build", "solve", "write"))
    bench.profiles.append(f"`cowper run`, {title}: {parts}; by {ours['solver']['name']}")


def seconds(solved):
    return solved["seconds"]


def kept(solved):
    """What the solve itself adds to the memory of its process."""
    return solved["peak_memory"] - solved["resident_before"]


def text_of(solved):
    text = f"{solved['seconds']:.3f} s, {solved['iterations']} iterations, {solved['peak_memory'] / GIB:.2f} GiB"
    return text if solved["status"] == "Optimal" else f"{text}, {solved['status']}"


def whole_text(ours):
    text = f"{ours['timings']['total']:.2f} s, {ours['peak_memory'] / GIB:.2f} GiB"
    return text if ours["status"] == "optimal" else f"{text}, {ours['status']}"


def spread(of):
    return f"median {1e3 * of['median']:.1f} ms, p95 {1e3 * of['p95']:.1f}, worst {1e3 * of['worst']:.1f}"


def share(part, whole):
    return f"{100 * part / whole:.0f} %"


def name(site):
    return os.path.splitext(os.path.basename(site))[0]


def slope(steps, values):
    """The exponent that fits best: of log(value) over log(steps)."""
    x, y = [math.log(one) for one in steps], [math.log(one) for one in values]
    mean_x, mean_y = statistics.fmean(x), statistics.fmean(y)
    return sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / sum((a - mean_x) ** 2 for a in x)


if __name__ == "__main__":
    main()
