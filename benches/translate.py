#!/usr/bin/env python3
"""Turns a benchmark site (site.json and its series) into Cowper's files.

    translate.py DATA OUT [--parquet] [--volume BUS,BUS]

reads DATA/site.json and DATA/ts_1h.* and DATA/ts_15min.* (CSV or Parquet) and writes OUT/site_1h.toml and
OUT/site_15min.toml with their series. Needs nothing but Python; pyarrow only where Parquet is read or written.

What an element becomes, with the meaning PyPSA gives it:

    bus                         carrier with its node
    load                        demand (withdrawal) or fuel_supply that is fixed (injection)
    generator, a source         fuel_supply; grid_connection where its price is a series
    generator, a sink           flare; grid_connection where its price is a series or a revenue
    generator with ramps        converter that only gives or only takes; a further one before it where its limits
                                change over time
    link                        converter, paced by its first bus
    store                       gas_holder that ends as it starts, or starts empty where it is not cyclic
"""

import argparse
import csv
import json
import os
import re
import sys
from datetime import datetime, timedelta

STEPS = {"1h": "1 h", "15min": "15 min"}


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("data", help="folder with site.json and its series")
    options.add_argument("out", help="folder to write to")
    options.add_argument("--parquet", action="store_true", help="write series as Parquet instead of CSV")
    options.add_argument(
        "--volume", default="o2,lox", help="buses counted in kNm3, not MWh; numbers do not depend on it (default: %(default)s)"
    )
    options = options.parse_args()
    with open(os.path.join(options.data, "site.json"), encoding="utf-8") as file:
        site = json.load(file)
    os.makedirs(options.out, exist_ok=True)
    volume = {bus for bus in options.volume.split(",") if bus}
    written = [translate(options, site, volume, short, step) for short, step in STEPS.items()]
    if not any(written):
        sys.exit(f"{options.data} holds neither ts_1h nor ts_15min, as .csv or .parquet")


def translate(options, site, volume, short, step):
    """Writes one site file and its series. False where there is no such series."""
    table = read_series(os.path.join(options.data, f"ts_{short}"))
    if table is None:
        return False
    series = Series(table)
    text = site_text(site, volume, series)
    file = f"series_{short}.{'parquet' if options.parquet else 'csv'}"
    stamps = table[0]
    end = stamps[-1] + (stamps[1] - stamps[0])
    head = (
        f'[site]\nname = "Benchmark site, steps of {step}"\n\n'
        f'[horizon]\nstart = "{stamps[0]:%Y-%m-%d %H:%M}"\nend = "{end:%Y-%m-%d %H:%M}"\nstep = "{step}"\n\n'
        f'[series]\nfile = "{file}"\n'
    )
    with open(os.path.join(options.out, f"site_{short}.toml"), "w", encoding="utf-8") as out:
        out.write(head + text)
    series.write(os.path.join(options.out, file))
    return True


def site_text(site, volume, series):
    """Every element of the site as tables of a site file."""
    writer = Writer({bus: plain(bus) for bus in site["buses"]}, volume, series)
    for bus in site["buses"]:
        writer.table("carrier", writer.node(bus), measure="volume" if bus in volume else "energy")
    for load in site["loads"]:
        writer.load(load)
    for generator in site["generators"]:
        writer.generator(generator)
    for link in site["links"]:
        writer.link(link)
    for store in site["stores"]:
        writer.store(store)
    return "".join(writer.parts)


class Writer:
    """Collects the tables of a site file."""

    def __init__(self, nodes, volume, series):
        self.nodes, self.volume, self.series = nodes, volume, series
        self.parts, self.names = [], set()

    def node(self, bus):
        return self.nodes[bus]

    def stock(self, bus):
        return "kNm3" if bus in self.volume else "MWh"

    def flow(self, bus):
        return "kNm3/h" if bus in self.volume else "MW"

    def table(self, kind, name, **fields):
        lines = [f"{key} = {toml(value)}\n" for key, value in fields.items() if value is not None]
        self.parts.append(f"\n[{kind}.{name}]\n" + "".join(lines))

    def component(self, kind, name, **fields):
        """A table with a name that no other component has: elsewhere loads and generators may share one."""
        name = plain(name)
        free, count = name, 2
        while free in self.names:
            free, count = f"{name}_{count}", count + 1
        self.names.add(free)
        self.table(kind, free, **fields)

    def profile(self, name, value, factor, unit):
        """A number or a series, times a factor, with its unit."""
        if isinstance(value, str):
            return self.series.use(value, factor, unit, name)
        return f"{number(factor * value)} {unit}"

    def price(self, name, cost, bus, sign=1.0):
        """A price a unit at a bus; none where it costs nothing."""
        if cost == 0:
            return None
        return self.profile(f"{name}_price", cost, sign, f"EUR/{self.stock(bus)}")

    def load(self, load):
        """A fixed withdrawal, or where it is negative an injection."""
        bus, flow = load["bus"], self.flow(load["bus"])
        amounts = [load["scale"] * v for v in self.series.values(load["series"])]
        if any(a < 0 for a in amounts) and any(a > 0 for a in amounts):
            taken = self.series.add(f"{load['name']}_taken", [max(a, 0.0) for a in amounts], flow)
            given = self.series.add(f"{load['name']}_given", [max(-a, 0.0) for a in amounts], flow)
            self.component("demand", load["name"], carrier=self.node(bus), amount=taken)
            self.component("fuel_supply", load["name"], carrier=self.node(bus), fixed=given)
        elif any(a < 0 for a in amounts):
            given = self.series.use(load["series"], -load["scale"], flow, load["name"])
            self.component("fuel_supply", load["name"], carrier=self.node(bus), fixed=given)
        else:
            taken = self.series.use(load["series"], load["scale"], flow, load["name"])
            self.component("demand", load["name"], carrier=self.node(bus), amount=taken)

    def generator(self, g):
        """A source, or with a sign of -1 a sink, between shares of its size."""
        name, bus, size = g["name"], g["bus"], g["p_nom"]
        node, flow, gives = self.node(bus), self.flow(bus), g["sign"] > 0
        over_time = isinstance(g["p_max_pu"], str) or isinstance(g["p_min_pu"], str)
        if over_time and g.get("ramp"):
            self.ramped(g)
            return
        if not gives and isinstance(g["p_min_pu"], str):
            sys.exit(f"generator {name}: a sink with a least flow over time is not foreseen")
        if g.get("ramp") or not gives and g["p_min_pu"] != 0:
            port = {node: 1}
            self.component(
                "converter", name, capacity=f"{number(size)} {flow}", capacity_at=node,
                takes=None if gives else port, gives=port if gives else None, variable_cost=self.price(name, g["cost"], bus),
                availability=None if g["p_max_pu"] == 1 else self.profile(f"{name}_availability", g["p_max_pu"], 1.0, "1"),
                **operation(g),
            )
            return
        limit = self.profile(f"{name}_limit", g["p_max_pu"], size, flow)
        priced = isinstance(g["cost"], str)
        if not gives and (priced or g["cost"] < 0):
            revenue = self.price(name, g["cost"], bus, -1.0)
            self.component("grid_connection", name, electricity=node, export_price=revenue, export_limit=limit)
        elif not gives and not isinstance(g["p_max_pu"], str):
            self.component("flare", name, gas=node, capacity=limit, price=self.price(name, g["cost"], bus))
        elif not gives:
            self.component(
                "converter", name, capacity=f"{number(size)} {flow}", capacity_at=node, takes={node: 1},
                variable_cost=self.price(name, g["cost"], bus),
                availability=self.profile(f"{name}_availability", g["p_max_pu"], 1.0, "1"),
            )
        elif priced and g["p_min_pu"] == 0:
            price = self.price(name, g["cost"], bus)
            self.component("grid_connection", name, electricity=node, import_price=price, import_limit=limit)
        else:
            least = None if g["p_min_pu"] == 0 else self.profile(f"{name}_minimum", g["p_min_pu"], size, flow)
            price = self.price(name, g["cost"], bus)
            self.component("fuel_supply", name, carrier=node, limit=limit, minimum=least, price=price)

    def ramped(self, g):
        """Limits over time and ramps: an availability would let the ramps follow it, so they stand apart."""
        name, bus, up_down = g["name"], g["bus"], g["ramp"]
        inner = f"{name}_limits"
        self.nodes[inner] = plain(inner)
        if bus in self.volume:
            self.volume.add(inner)
        self.table("carrier", self.node(inner), measure="volume" if bus in self.volume else "energy")
        size, flow, gives = g["p_nom"], self.flow(bus), g["sign"] > 0
        most = max(self.series.values(g["p_max_pu"])) if isinstance(g["p_max_pu"], str) else g["p_max_pu"]
        takes, given = (inner, bus) if gives else (bus, inner)
        self.component(
            "converter", name, capacity=f"{number(size * max(most, 1.0))} {flow}", capacity_at=self.node(bus),
            takes={self.node(takes): 1}, gives={self.node(given): 1},
            ramp_up=f"{number(up_down[0] * size)} {flow}/h", ramp_down=f"{number(up_down[1] * size)} {flow}/h",
        )
        self.generator({**g, "name": inner, "bus": inner, "ramp": None})

    def link(self, link):
        """Takes at its first bus; each further port gives, or takes where its efficiency is negative."""
        name, pace = link["name"], link["bus0"]
        takes, gives = {pace: 1.0}, {}
        for bus, efficiency in link["ports"]:
            if bus == pace:
                sys.exit(f"link {name}: a port at its own first bus is not foreseen")
            side = gives if efficiency > 0 else takes
            if efficiency != 0:
                side[bus] = side.get(bus, 0.0) + abs(efficiency)
        for bus in set(takes) & set(gives):
            sys.exit(f"link {name}: gives to {bus} and takes from it")
        ratios = lambda side: {self.node(bus): self.ratio(value, bus, pace) for bus, value in side.items()} or None
        self.component(
            "converter", name, capacity=f"{number(link['p_nom'])} {self.flow(pace)}", capacity_at=self.node(pace),
            takes=ratios(takes), gives=ratios(gives), variable_cost=self.price(name, link["cost"], pace), **operation(link),
        )

    def ratio(self, value, bus, pace):
        """A ratio of two flows; between measures it carries its unit."""
        if self.stock(bus) == self.stock(pace):
            return value
        return f"{number(value)} {self.stock(bus)}/{self.stock(pace)}"

    def store(self, store):
        """A level with free exchange at its bus."""
        bus = store["bus"]
        leak = f"{number(store['standing_loss'])} 1/h" if store["standing_loss"] else None
        cyclic = store["cyclic"]
        self.component(
            "gas_holder", store["name"], gas=self.node(bus), capacity=f"{number(store['e_nom'])} {self.stock(bus)}", leak=leak,
            start=None if cyclic else 0, end="cyclic" if cyclic else "free",
        )


def operation(element):
    """The least load, which always holds, and the ramps, in shares of the size an hour."""
    fields = {}
    if element["p_min_pu"]:
        if element["p_min_pu"] < 0:
            sys.exit(f"{element['name']}: a flow both ways is not foreseen")
        fields.update(must_run=True, minimum_load=element["p_min_pu"])
    if element.get("ramp"):
        up, down = element["ramp"]
        fields.update(ramp_up=f"{number(up)} 1/h", ramp_down=f"{number(down)} 1/h")
    return fields


class Series:
    """The columns of the data, and those of them, scaled and with units, that the site file names."""

    def __init__(self, table):
        self.stamps, self.columns = table
        self.used = {}

    def values(self, column):
        return self.columns[column]

    def use(self, column, factor, unit, name):
        """The name of a column times a factor in a unit; it keeps its own name where it can."""
        values = self.columns[column]
        if factor == 1:
            name, scaled = column, values
        else:
            scaled = [factor * v for v in values]
        return self.add(name, scaled, unit)

    def add(self, name, values, unit):
        name = plain(name)
        name = name if name[0].isalpha() else f"series_{name}"
        free, count = name, 2
        while free in self.used and self.used[free] != (values, unit):
            free, count = f"{name}_{count}", count + 1
        self.used[free] = (values, unit)
        return free

    def write(self, path):
        header = [f"{name} [{unit}]" for name, (_, unit) in self.used.items()]
        columns = [values for values, _ in self.used.values()]
        if path.endswith(".parquet"):
            import pyarrow
            import pyarrow.parquet

            stamps = pyarrow.array(self.stamps, pyarrow.timestamp("ms"))
            pyarrow.parquet.write_table(pyarrow.table([stamps, *columns], names=["time", *header]), path)
            return
        with open(path, "w", newline="", encoding="utf-8") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(["time", *header])
            for stamp, row in zip(self.stamps, zip(*columns)):
                out.writerow([f"{stamp:%Y-%m-%d %H:%M}", *map(number, row)])


def read_series(path):
    """Stamps and columns of a file of series; none where there is no such file."""
    if os.path.exists(f"{path}.csv"):
        with open(f"{path}.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        header, rows = rows[0], rows[1:]
        stamps = [datetime.fromisoformat(row[0]) for row in rows]
        columns = {name: [float(row[i]) for row in rows] for i, name in enumerate(header) if i > 0}
    elif os.path.exists(f"{path}.parquet"):
        import pyarrow.parquet

        table = pyarrow.parquet.read_table(f"{path}.parquet")
        # The stamps are the index of a data frame: the column of times, wherever it stands.
        time = next(f.name for f in table.schema if str(f.type).startswith("timestamp"))
        epoch = datetime(1970, 1, 1)
        microseconds = table[time].cast("timestamp[us]").cast("int64").to_pylist()
        stamps = [epoch + timedelta(microseconds=m) for m in microseconds]
        columns = {name: table[name].to_pylist() for name in table.column_names if name != time}
    else:
        return None
    return stamps, columns


def plain(name):
    """A name of letters, digits, `_` and `-`."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:60]


def number(value):
    """The shortest text that reads back as the same number."""
    value = float(value)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(v)}" for key, v in value.items()) + " }"
    return json.dumps(value) if isinstance(value, str) else number(value)


if __name__ == "__main__":
    main()
