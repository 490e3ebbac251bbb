"""In which functions a program of this workspace spends its time, by `perf`; nothing where that is not installed.

Most of the solver is one vectorised call per kernel, whose symbols all read alike. So each sample goes to the innermost
line that the debug information gives outside `lanes.rs` (the arithmetic of one vector), and from there to its function.
"""

import collections
import functools
import os
import re
import shutil
import subprocess
import tempfile

TOOLS = ("perf", "readelf", "addr2line")
OURS = "/crates/staircase/"
ARITHMETIC = "lanes.rs"


def functions(command, most=8):
    """The shares of the busiest functions while a command runs: [(name, share)]. Empty without the tools."""
    if not all(shutil.which(tool) for tool in TOOLS):
        return []
    program = os.path.realpath(command[0])
    with tempfile.TemporaryDirectory() as folder:
        record = os.path.join(folder, "perf.data")
        ran = subprocess.run(["perf", "record", "-F", "500", "-o", record, program, *command[1:]], capture_output=True, check=False)
        if ran.returncode != 0:
            return []
        offset = address_offset(program, said("perf", "script", "-i", record, "--show-mmap-events"))
        samples = said("perf", "script", "-i", record, "-F", "ip,sym,dso")
    if offset is None:
        return []
    inside, counts = collections.Counter(), collections.Counter()
    for words in (line.split() for line in samples.splitlines()):
        if words and words[-1] == f"({program})":
            inside[int(words[0], 16) + offset] += 1
        elif len(words) > 1:
            counts["kernel" if "kernel" in words[-1] else words[1].split("+")[0]] += 1
    lines = lines_of(program, list(inside))
    for address, count in inside.items():
        counts[function(lines.get(address, []))] += count
    total = sum(counts.values())
    return [(name, count / total) for name, count in counts.most_common(most)]


def said(*command):
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def address_offset(program, events):
    """What turns an address in the process into one of the file."""
    mapped = re.search(r"\[0x([0-9a-f]+)\(0x[0-9a-f]+\) @ (?:0x)?([0-9a-f]+) [^]]*\]: r-xp " + re.escape(program), events)
    header = re.search(r"LOAD +0x([0-9a-f]+) 0x([0-9a-f]+) .* R E ", said("readelf", "-lW", program))
    if not mapped or not header:
        return None
    start, page, at, address = (int(text, 16) for text in (*mapped.groups(), *header.groups()))
    return page - start + address - at


def lines_of(program, addresses):
    """For each address the source lines it comes from, the innermost first."""
    found = {}
    if not addresses:
        return found
    for line in said("addr2line", "-aie", program, *map(hex, addresses)).splitlines():
        if line.startswith("0x"):
            lines = found.setdefault(int(line, 16), [])
        else:
            lines.append(line.split(" ")[0])
    return found


def function(lines):
    ours = [line for line in lines if OURS in line and line.rsplit(":", 1)[1].isdigit()]
    outside = [line for line in ours if not line.split(":")[0].endswith(ARITHMETIC)]
    if not ours:
        return "elsewhere"
    path, number = (outside or ours)[0].rsplit(":", 1)
    return f"{os.path.basename(path)} {enclosing(path, int(number))}"


@functools.lru_cache(maxsize=None)
def source(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()
    except OSError:
        return []


def enclosing(path, number):
    """The type and function around a line of Rust that rustfmt has formatted."""
    name = None
    for line in reversed(source(path)[:number]):
        head = re.match(r"\s*(?:pub(?:\([a-z]+\))? )?fn (\w+)", line)
        name = name or (head and head[1])
        of_type = re.match(r"impl(?:<.*?>)? (?:.* for )?(\w+)", line)
        if of_type:
            return f"{of_type[1]}::{name}"
        if line.startswith("}"):
            break
    return name or "?"
