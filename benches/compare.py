#!/usr/bin/env python3
"""Cowper beside PyPSA on the same data: objectives, seconds of each stage, peak memory.

    compare.py --peers FOLDER [--python VENV/bin/python] [--cowper target/debug/cowper]
               [--seed 1 2] [--step 1h 15min] [--days 7] [--repeats 3]

For each seed it makes the data with FOLDER/sitegen.py and translates it; for each step and length it then runs
PyPSA (FOLDER/run_pypsa.py) and Cowper in turn, so that both meet the same load of the machine, and prints medians.
The objectives must agree to a relative 1e-6; the exit code says whether they do.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from datetime import date, timedelta

HERE = os.path.dirname(os.path.abspath(__file__))
TOLERANCE = 1e-6


def main():
    options = arguments()
    work = options.work or tempfile.mkdtemp(prefix="cowper-bench-")
    agree = True
    for seed in options.seed:
        data, cowper = os.path.join(work, f"data-{seed}"), os.path.join(work, f"cowper-{seed}")
        run([options.python, "-W", "ignore", os.path.join(options.peers, "sitegen.py"), "--seed", str(seed), "--out", data])
        run([sys.executable, os.path.join(HERE, "translate.py"), data, cowper])
        for step in options.step:
            for days in options.days:
                pairs = [
                    (run_pypsa(options, data, step, days, work), run_cowper(options, cowper, step, days))
                    for _ in range(options.repeats)
                ]
                agree &= show(f"seed {seed}, {days} days at {step}", pairs)
    sys.exit(0 if agree else 1)


def arguments():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--peers", required=True, help="folder with sitegen.py and run_pypsa.py")
    options.add_argument("--python", default=sys.executable, help="Python that has PyPSA")
    options.add_argument("--cowper", default=os.path.join(HERE, "..", "target", "debug", "cowper"), help="the binary (default: %(default)s)")
    options.add_argument("--seed", type=int, nargs="+", default=[1])
    options.add_argument("--step", nargs="+", choices=["1h", "15min"], default=["1h", "15min"])
    options.add_argument("--days", type=int, nargs="+", default=[7])
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--solver", default="choose", help="what HiGHS does for PyPSA: choose, simplex, ipm")
    options.add_argument("--work", help="folder for data and results (default: a new one)")
    options = options.parse_args()
    options.peers, options.cowper = os.path.abspath(options.peers), os.path.abspath(options.cowper)
    return options


def run(command, **more):
    """Runs a command; its standard output. Stops with what it said if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def run_pypsa(options, data, step, days, work):
    """One run of PyPSA in stages that Cowper has too."""
    script = os.path.join(options.peers, "run_pypsa.py")
    command = [options.python, script, "--data", data, "--freq", step, "--days", str(days)]
    command += ["--io", "direct", "--solver", options.solver, "--limit", "3600", "--out", os.path.join(work, "pypsa")]
    said = json.loads(run(command, cwd=work).splitlines()[-1])
    return {
        "objective": said["objective"],
        "start": said["import_s"],
        "read": said["read_s"],
        "build": said["network_s"] + said["model_s"],
        "solve": said["solve_model_s"],
        "write": said["write_nc_s"] + said["write_csv_s"],
        "total": said["total_s"],
        "peak MiB": said["rss_mib"],
    }


def run_cowper(options, folder, step, days):
    """One run of Cowper."""
    site, out = os.path.join(folder, f"site_{step}.toml"), os.path.join(folder, f"results_{step}")
    start = first_day(site)
    command = [options.cowper, "run", site, "--from", str(start), "--to", str(start + timedelta(days=days)), "--out", out]
    run(command)
    with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
        summary = json.load(file)
    stages = {stage: summary["timings"][stage] for stage in ("read", "build", "solve", "write", "total")}
    return {"objective": summary["objective"], "start": 0.0, **stages, "peak MiB": (summary["peak_memory"] or 0) / 2**20}


def first_day(site):
    """The day on which the horizon of a site file starts."""
    with open(site, encoding="utf-8") as file:
        line = next(line for line in file if line.startswith("start = "))
    return date.fromisoformat(line.split('"')[1][:10])


def show(title, pairs):
    """Prints medians of both and their ratio. Whether the objectives agree."""
    print(f"\n{title}: medians of {len(pairs)} runs each, in turn\n")
    print(f"{'':10}{'PyPSA':>14}{'Cowper':>14}{'ratio':>10}{'PyPSA from-to':>20}{'Cowper from-to':>20}")
    for key in ("start", "read", "build", "solve", "write", "total", "peak MiB"):
        theirs, ours = ([one[key] for one in side] for side in zip(*pairs))
        a, b = statistics.median(theirs), statistics.median(ours)
        ratio = f"{a / b:.1f}" if b > 0 else "-"
        spans = "".join(f"{f'{min(side):.2f}-{max(side):.2f}':>20}" for side in (theirs, ours))
        unit = key if key == "peak MiB" else f"{key} s"
        print(f"{unit:10}{a:14.3f}{b:14.3f}{ratio:>10}{spans}")
    worst = max(abs(ours["objective"] - theirs["objective"]) / max(1.0, abs(theirs["objective"])) for theirs, ours in pairs)
    theirs, ours = pairs[-1]
    verdict = "agrees" if worst <= TOLERANCE else "DOES NOT AGREE"
    print(f"objective PyPSA {theirs['objective']:.4f}, Cowper {ours['objective']:.4f}: relative difference {worst:.1e}, {verdict}", flush=True)
    return worst <= TOLERANCE


if __name__ == "__main__":
    main()
