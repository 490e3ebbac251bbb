//! The pattern of one stage, found once: which unknowns there are, in what order they are eliminated,
//! and every multiplication that takes.
//!
//! The unknowns of a stage ("nodes") are its rows, and those columns that have no bound somewhere.
//! All other columns are eliminated beforehand, each a multiple of an outer product.
#![allow(clippy::inline_always)] // Kernels are compiled for the registers of their caller.

use std::ops::Range;

use crate::lanes::{Lanes, V};
use crate::model::Values;
use crate::staged::{Entry, Staged};

/// Node or column, column, coefficient.
pub type Constant = (u32, u32, f64);
/// Node or column, column, which of the varying coefficients.
pub type Varying = (u32, u32, u32);

/// Entries that are the same in every stage and entries that are not.
#[derive(Debug, Default)]
pub struct Entries {
    pub constant: Vec<Constant>,
    pub varying: Vec<Varying>,
}

/// Additions to the matrix of a stage: position, column, product of two coefficients.
#[derive(Debug, Default)]
pub struct Products {
    pub constant: Vec<(u32, u32, f64)>,
    /// Position, column, and the two coefficients: below the number of varying ones they vary,
    /// from there on they are [`Pattern::fixed`].
    pub varying: Vec<(u32, u32, u32, u32)>,
}

#[derive(Debug)]
pub struct Pattern {
    /// Unknowns of a stage.
    pub nodes: usize,
    pub columns: usize,
    /// How many of the columns, the first, are not half-open: those behind them are bounded by nought
    /// below and by nothing above, so that less has to be known of them.
    pub whole: usize,
    /// Those of them that nought does not bound below, the last: the value of any other column is its
    /// distance from its lower bound.
    pub lifted: Range<usize>,
    /// The upper bounds of the first columns move with the border; those of all others stand still.
    pub moving: Vec<Moving>,
    /// What moving bounds make border columns meet: which of `direct`, column, its coefficient; and border
    /// row, column, its coefficient.
    pub moving_in_rows: Vec<(u32, u32, Value)>,
    pub moving_in_border: Vec<(u32, u32, Value)>,
    /// The cost of each column; of those whose cost varies any.
    pub costs: Vec<f64>,
    pub varying_costs: Vec<u32>,
    /// Whether a node is a row, not a kept column.
    pub is_row: Vec<bool>,
    /// The node of each row.
    pub node_of_row: Vec<u32>,
    /// Columns that are unknowns themselves, with their nodes.
    pub kept: Vec<(u32, u32)>,
    pub is_kept: Vec<bool>,
    /// Columns that stand in rows of the next stage.
    pub links: Vec<u32>,
    /// Nodes of the next stage that they touch.
    pub next_nodes: Vec<u32>,
    /// Coefficients in rows of the same stage; varying ones by `slots`.
    pub own: Entries,
    /// Coefficients in rows of the next stage, the varying ones by `next_slots`.
    pub next: Entries,
    /// Border columns in rows: node, border column.
    pub border_in_rows: Entries,
    /// Columns in border rows: border row, column.
    pub columns_in_border: Entries,
    /// The values behind the varying coefficients, by stage.
    pub slots: Vec<Values>,
    /// Those of `next`, by the row's stage.
    pub next_slots: Vec<Values>,
    /// Where each column of the factor starts; its pivot first.
    pub starts: Vec<u32>,
    /// Nodes below each pivot; from `nodes` on they are nodes of the next stage.
    pub below: Vec<Vec<u32>>,
    /// Entries of the factor of a stage; the triangle handed on to the next stage follows them.
    pub entries: usize,
    /// For each pivot, the positions its outer product is taken from, column by column from the
    /// diagonal on.
    pub targets: Vec<Vec<Targets>>,
    /// Where the triangle that is handed on is added in the next stage.
    pub handed_on: Vec<u32>,
    /// Every entry of the matrix where one of the nodes handed on to meets another node: which of
    /// them, the other, the position.
    pub meets: Vec<(u32, u32, u32)>,
    /// Which of a stage's nodes meet which unknowns of the joint system.
    pub wide: Wide,
    /// What each column that is eliminated beforehand adds.
    pub products: Products,
    /// Coefficients of kept columns: position, coefficient; position, slot, is it of `next`.
    pub kept_constant: Vec<(u32, f64)>,
    pub kept_varying: Vec<(u32, u32)>,
    /// Border rows that meet in a column: column, the two rows, the two coefficients.
    pub border_pairs: Vec<(u32, u32, u32, [Value; 2])>,
    /// Border rows against rows: which of `direct`, column, the two coefficients.
    pub border_products: Vec<(u32, u32, [Value; 2])>,
    /// Border columns in rows: which of `direct`, coefficient.
    pub border_entries: Vec<(u32, Value)>,
    /// Where a stage meets the border by itself, not by way of stages before, and the places of these
    /// among the entries of the wide columns.
    pub direct: Vec<Meeting>,
    pub direct_in_wide: Vec<u32>,
    /// All entries of the wide columns.
    pub all_wide: Vec<Meeting>,
    /// The place of each node among `next_nodes`.
    pub place_after: Vec<u32>,
    /// Coefficients that stand still among [`Products::varying`].
    pub fixed: Vec<f64>,
}

/// The place of row `i` and column `j` ≤ `i` in a triangle of so many rows that lies column by column.
pub fn by_column(rows: usize, i: usize, j: usize) -> usize {
    j * (2 * rows + 1 - j) / 2 + i - j
}

/// Where a stage meets a joint unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meeting {
    /// The node; from `nodes` on, one handed on to.
    pub node: u32,
    pub column: u32,
}

/// Where a column of an outer product goes.
#[derive(Debug)]
pub enum Targets {
    /// One position after the other from this one on.
    Run(u32),
    List(Vec<u32>),
}

impl Targets {
    fn new(list: Vec<u32>) -> Self {
        if list.windows(2).all(|pair| pair[1] == pair[0] + 1) {
            Targets::Run(list[0])
        } else {
            Targets::List(list)
        }
    }
}

/// An upper bound that is a multiple of a border column.
#[derive(Debug, Clone, Copy)]
pub struct Moving {
    pub border: u32,
    pub value: Value,
}

impl Moving {
    /// What a column changes by beside its upper bound, which is so many times the border column.
    #[inline(always)]
    pub fn beside<L: Lanes>(self, l: L, times: L::F, border: &[f64], change: L::F) -> L::F {
        l.sub_mul(change, times, l.splat(border[self.border as usize]))
    }
}

/// A coefficient.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    Constant(f64),
    /// By `slots`.
    Own(u32),
    /// By `next_slots`.
    Next(u32),
}

impl Value {
    /// Its value at a stage.
    #[inline(always)]
    pub fn load<L: Lanes>(self, l: L, slots: &[V], slots_after: &[V]) -> L::F {
        match self {
            Value::Constant(value) => l.splat(value),
            Value::Own(slot) => l.load(&slots[slot as usize]),
            Value::Next(slot) => l.load(&slots_after[slot as usize]),
        }
    }
}

/// One coefficient of a column, as a place among the nodes of this and the next stage.
#[derive(Debug, Clone, Copy)]
struct Place {
    node: usize,
    value: Value,
}

impl Pattern {
    pub fn new(staged: &Staged, is_kept: Vec<bool>) -> Self {
        let rows = staged.rows.len();
        let columns = staged.columns.len();
        let mut kept_node = vec![usize::MAX; columns];
        let mut nodes = rows;
        for column in 0..columns {
            if is_kept[column] {
                kept_node[column] = nodes;
                nodes += 1;
            }
        }
        let mut links: Vec<u32> = staged.next.iter().map(|e| e.column as u32).collect();
        links.dedup();
        let mut next_rows: Vec<usize> = staged.next.iter().map(|e| e.row).collect();
        next_rows.sort_unstable();
        next_rows.dedup();
        let graph = Graph::new(staged, &is_kept, &kept_node, nodes, &next_rows);
        let order = graph.order(rows, &next_rows);
        let mut position = vec![0u32; nodes];
        for (at, node) in order.iter().enumerate() {
            position[*node] = at as u32;
        }
        let filled = graph.eliminate(&order);
        let name = |node: usize| {
            if node < nodes { position[node] as usize } else { node }
        };
        let mut below: Vec<Vec<u32>> = vec![Vec::new(); nodes];
        for (at, later) in filled.into_iter().enumerate() {
            below[at] = later.into_iter().map(|n| name(n) as u32).collect();
            below[at].sort_unstable();
        }
        let mut starts = vec![0u32];
        for later in &below {
            starts.push(starts[starts.len() - 1] + 1 + later.len() as u32);
        }
        let entries = starts[nodes] as usize;
        let locate = |a: usize, b: usize| -> u32 {
            let (low, high) = (a.min(b), a.max(b));
            if low >= nodes {
                (entries + by_column(next_rows.len(), high - nodes, low - nodes)) as u32
            } else if low == high {
                starts[low]
            } else {
                let at = below[low].binary_search(&(high as u32));
                starts[low] + 1 + at.expect("every product was in the graph") as u32
            }
        };
        let targets = below
            .iter()
            .map(|later| {
                let column = |at: usize| {
                    let of = |other: &u32| locate(later[at] as usize, *other as usize);
                    Targets::new(later[at..].iter().map(of).collect())
                };
                (0..later.len()).map(column).collect()
            })
            .collect();
        let next_nodes: Vec<u32> = next_rows.iter().map(|r| position[*r]).collect();
        let mut handed_on = Vec::new();
        for j in 0..next_nodes.len() {
            for i in j..next_nodes.len() {
                handed_on.push(locate(next_nodes[i] as usize, next_nodes[j] as usize));
            }
        }

        let mut meets = Vec::new();
        for (at, later) in below.iter().enumerate() {
            for (i, other) in later.iter().enumerate() {
                let position = starts[at] + 1 + i as u32;
                let touched = |node: u32| next_nodes.iter().position(|n| *n == node);
                let pair = (touched(at as u32), touched(*other));
                if let (Some(a), None) = pair {
                    meets.push((a as u32, *other, position));
                } else if let (None, Some(b)) = pair {
                    meets.push((b as u32, at as u32, position));
                }
            }
        }

        let mut slots = Vec::new();
        let place = |row: usize| position[row];
        let own = entries_of(&staged.own, &mut slots, |e| place(e.row));
        let border_in_rows = entries_of(&staged.border_in_rows, &mut slots, |e| place(e.row));
        let columns_in_border = entries_of(&staged.columns_in_border, &mut slots, |e| e.row as u32);
        let moving: Vec<Moving> = staged
            .moving
            .iter()
            .map(|bound| Moving {
                border: bound.border as u32,
                value: slot_of(&bound.value, &mut slots),
            })
            .collect();
        let mut next_slots = Vec::new();
        let next = entries_of(&staged.next, &mut next_slots, |e| place(e.row));

        let mut places: Vec<Vec<Place>> = vec![Vec::new(); columns];
        let after = |node: u32| {
            nodes + next_nodes.iter().position(|n| *n == node).expect("next nodes hold all")
        };
        for (node, column, value) in &own.constant {
            let value = Value::Constant(*value);
            places[*column as usize].push(Place { node: *node as usize, value });
        }
        for (node, column, slot) in &own.varying {
            let value = Value::Own(*slot);
            places[*column as usize].push(Place { node: *node as usize, value });
        }
        for (node, column, value) in &next.constant {
            let value = Value::Constant(*value);
            places[*column as usize].push(Place { node: after(*node), value });
        }
        for (node, column, slot) in &next.varying {
            let value = Value::Next(*slot);
            places[*column as usize].push(Place { node: after(*node), value });
        }
        let varying = (slots.len() + next_slots.len()) as u32;
        let mut fixed = Vec::new();
        let mut products = Products::default();
        let (mut kept_constant, mut kept_varying) = (Vec::new(), Vec::new());
        let mut kept = Vec::new();
        for (column, places) in places.iter().enumerate() {
            if is_kept[column] {
                let node = name(kept_node[column]);
                kept.push((column as u32, node as u32));
                for place in places {
                    let at = locate(place.node, node);
                    match place.value {
                        Value::Constant(value) => kept_constant.push((at, value)),
                        Value::Own(slot) => kept_varying.push((at, slot)),
                        Value::Next(slot) => kept_varying.push((at, slots.len() as u32 + slot)),
                    }
                }
                continue;
            }
            let mut slot_of = |value: Value| match value {
                Value::Own(slot) => slot,
                Value::Next(slot) => slots.len() as u32 + slot,
                Value::Constant(value) => {
                    fixed.push(value);
                    varying + fixed.len() as u32 - 1
                }
            };
            for (i, a) in places.iter().enumerate() {
                for b in &places[..=i] {
                    let at = locate(a.node, b.node);
                    match (a.value, b.value) {
                        (Value::Constant(a), Value::Constant(b)) => {
                            products.constant.push((at, column as u32, a * b));
                        }
                        (a, b) => {
                            let (a, b) = (slot_of(a), slot_of(b));
                            products.varying.push((at, column as u32, a, b));
                        }
                    }
                }
            }
        }
        let of_entries = |e: &Entries| {
            let constant = e.constant.iter().map(|e| (e.0, e.1, Value::Constant(e.2)));
            let varying = e.varying.iter().map(|e| (e.0, e.1, Value::Own(e.2)));
            constant.chain(varying).collect::<Vec<_>>()
        };
        let in_border = of_entries(&columns_in_border);
        let (mut border_pairs, mut border_products) = (Vec::new(), Vec::new());
        for (i, &(row, column, value)) in in_border.iter().enumerate() {
            if is_kept[column as usize] {
                let node = name(kept_node[column as usize]) as u32;
                border_products.push((node, column, row, [value; 2]));
                continue;
            }
            for place in &places[column as usize] {
                border_products.push((place.node as u32, column, row, [place.value, value]));
            }
            for other in in_border[..=i].iter().filter(|o| o.1 == column) {
                border_pairs.push((column, row, other.0, [value, other.2]));
            }
        }
        let mut moving_in_rows = Vec::new();
        for (column, places) in places.iter().enumerate().take(moving.len()) {
            let of_column = places.iter();
            moving_in_rows.extend(of_column.map(|p| (p.node as u32, column as u32, p.value)));
        }
        let moving_in_border: Vec<_> =
            in_border.iter().filter(|e| (e.1 as usize) < moving.len()).copied().collect();
        let border = staged.border_columns.len() - staged.rests_in_border;
        let joins = next_nodes.len();
        let meeting = |node: u32, column: usize| Meeting { node, column: column as u32 };
        let of_columns: Vec<_> = of_entries(&border_in_rows)
            .into_iter()
            .map(|(node, column, value)| (meeting(node, joins + column as usize), value))
            .collect();
        let of_moving = moving_in_rows.iter().map(|(node, column, _)| {
            meeting(*node, joins + moving[*column as usize].border as usize)
        });
        let of_moving: Vec<Meeting> = of_moving.collect();
        let of_rows = border_products.iter();
        let of_rows =
            of_rows.map(|(node, _, row, _)| meeting(*node, joins + border + *row as usize));
        let of_rows: Vec<Meeting> = of_rows.collect();
        let mut direct: Vec<Meeting> = of_columns.iter().map(|e| e.0).collect();
        direct.extend(of_moving.iter().chain(&of_rows));
        direct.sort_unstable();
        direct.dedup();
        let inside = |m: &&Meeting| (m.node as usize) < nodes;
        let of_joins: Vec<Meeting> =
            meets.iter().map(|(join, node, _)| meeting(*node, *join as usize)).collect();
        let met = direct.iter().chain(&of_joins).filter(inside);
        let met: Vec<_> = met.map(|m| (m.node as usize, m.column as usize)).collect();
        let all = joins + border + staged.border_rows.len();
        let wide = Wide::new(all, &met, (&below, &starts), &next_nodes);
        let which = |of: &Meeting| direct.binary_search(of).expect("direct holds all") as u32;
        let border_entries = of_columns.iter().map(|(of, value)| (which(of), *value)).collect();
        let moving_in_rows = moving_in_rows.iter().zip(&of_moving);
        let moving_in_rows = moving_in_rows.map(|(e, of)| (which(of), e.1, e.2)).collect();
        let border_products = border_products.iter().zip(&of_rows);
        let border_products = border_products.map(|(e, of)| (which(of), e.1, e.3)).collect();
        let place = |m: &Meeting| wide.place(m.node as usize, m.column as usize) as u32;
        let direct_in_wide = direct.iter().map(place).collect();
        let handed = (nodes..nodes + joins).flat_map(|node| (0..all).map(move |c| (node, c)));
        let here = wide.columns.iter().enumerate();
        let here =
            here.flat_map(|(node, columns)| columns.iter().map(move |c| (node, *c as usize)));
        let all_wide = here.chain(handed).map(|(node, c)| meeting(node as u32, c)).collect();
        let mut place_after = vec![u32::MAX; nodes];
        for (at, node) in next_nodes.iter().enumerate() {
            place_after[*node as usize] = at as u32;
        }
        let constant = |values: &Values| match values {
            Values::Constant(value) => Some(*value),
            Values::Series(_) => None,
        };
        let cost = |column: usize| constant(&staged.columns[column].cost);
        Pattern {
            whole: staged.whole,
            lifted: staged.lifted.clone(),
            moving,
            moving_in_rows,
            moving_in_border,
            costs: (0..columns).map(|c| cost(c).unwrap_or(0.0)).collect(),
            varying_costs: (0..columns as u32).filter(|c| cost(*c as usize).is_none()).collect(),
            border_pairs,
            border_products,
            border_entries,
            direct,
            direct_in_wide,
            all_wide,
            place_after,
            nodes,
            columns,
            is_row: order.iter().map(|node| *node < rows).collect(),
            node_of_row: (0..rows).map(|r| position[r]).collect(),
            kept,
            is_kept,
            links,
            next_nodes,
            own,
            next,
            border_in_rows,
            columns_in_border,
            slots,
            next_slots,
            starts,
            below,
            entries,
            targets,
            handed_on,
            wide,
            meets,
            products,
            kept_constant,
            kept_varying,
            fixed,
        }
    }

    /// Multiplications for a stage's factor.
    pub fn work(&self) -> usize {
        self.targets.iter().map(|columns| columns.len() * (columns.len() + 1) / 2).sum()
    }
}

/// A node that meets this share of the joint unknowns is taken to meet all: full rows go by squares.
const MANY: f64 = 0.5;

/// The unknowns of the joint system as columns of a stage: for each node those it meets, itself or by
/// way of nodes before it. Nodes that are handed on to meet all.
#[derive(Debug)]
pub struct Wide {
    /// How many joint unknowns there are.
    pub all: usize,
    /// The joint unknowns each node meets.
    pub columns: Vec<Vec<u32>>,
    /// Where each node's entries start; behind them all, full rows of what is handed on.
    pub starts: Vec<usize>,
    /// Nodes that meet all joint unknowns, and those that meet some.
    pub full: Vec<u32>,
    pub part: Vec<u32>,
    /// For each pivot that does not meet all, entry by entry below it, where its own entries go.
    pub targets: Vec<Vec<Vec<u32>>>,
    /// For each node that meets all, and then each that is handed on to: where its entries start, and
    /// of the nodes before it that meet all, those that it meets: the entry of the factor, and where
    /// theirs start.
    pub rows: Vec<(usize, Vec<(u32, u32)>)>,
}

impl Wide {
    fn new(
        all: usize,
        met: &[(usize, usize)],
        (below, factor): (&[Vec<u32>], &[u32]),
        next_nodes: &[u32],
    ) -> Self {
        let nodes = below.len();
        let mut meets = vec![vec![false; all]; nodes];
        for (node, column) in met {
            meets[*node][*column] = true;
        }
        for node in next_nodes {
            meets[*node as usize].fill(true);
        }
        for (pivot, later) in below.iter().enumerate() {
            if meets[pivot].iter().filter(|m| **m).count() as f64 >= MANY * all as f64 {
                meets[pivot].fill(true);
            }
            let of_pivot = meets[pivot].clone();
            for node in later.iter().filter(|n| (**n as usize) < nodes) {
                for (to, from) in meets[*node as usize].iter_mut().zip(&of_pivot) {
                    *to |= from;
                }
            }
        }
        let columns: Vec<Vec<u32>> = meets
            .iter()
            .map(|meets| (0..all as u32).filter(|c| meets[*c as usize]).collect())
            .collect();
        let mut starts = vec![0];
        for columns in &columns {
            starts.push(starts[starts.len() - 1] + columns.len());
        }
        let is_full = |node: usize| columns[node].len() == all;
        let place = |node: usize, column: u32| -> u32 {
            if node >= nodes {
                return (starts[nodes] + (node - nodes) * all) as u32 + column;
            }
            let at = columns[node].binary_search(&column).expect("it meets what its pivots meet");
            (starts[node] + at) as u32
        };
        let targets = below
            .iter()
            .enumerate()
            .map(|(pivot, later)| {
                let of = |node: &u32| {
                    let node = *node as usize;
                    if is_full(pivot) {
                        return Vec::new();
                    }
                    columns[pivot].iter().map(|column| place(node, *column)).collect()
                };
                later.iter().map(of).collect()
            })
            .collect();
        let (full, part) = (0..nodes as u32).partition(|node| is_full(*node as usize));
        let handed = nodes..nodes + next_nodes.len();
        let rows = (0..nodes).filter(|node| is_full(*node)).chain(handed).map(|node| {
            let before = (0..node.min(nodes)).filter(|pivot| is_full(*pivot)).filter_map(|pivot| {
                let at = below[pivot].binary_search(&(node as u32)).ok()?;
                Some((factor[pivot] + 1 + at as u32, starts[pivot] as u32))
            });
            let handed = node.saturating_sub(nodes);
            (starts[node.min(nodes)] + handed * all, before.collect())
        });
        let rows = rows.collect();
        Wide { all, columns, starts, full, part, targets, rows }
    }

    /// Entries of a stage.
    pub fn len(&self) -> usize {
        self.starts[self.columns.len()]
    }

    /// Where a node, or from them on one that is handed on to, meets a joint unknown.
    pub fn place(&self, node: usize, column: usize) -> usize {
        if let Some(handed) = node.checked_sub(self.columns.len()) {
            return self.len() + handed * self.all + column;
        }
        let at = self.columns[node].binary_search(&(column as u32));
        self.starts[node] + at.expect("what is met was noted")
    }
}

fn slot_of(values: &Values, slots: &mut Vec<Values>) -> Value {
    match values {
        Values::Constant(value) => Value::Constant(*value),
        series @ Values::Series(_) => {
            slots.push(series.clone());
            Value::Own(slots.len() as u32 - 1)
        }
    }
}

fn entries_of(
    entries: &[Entry],
    slots: &mut Vec<Values>,
    place: impl Fn(&Entry) -> u32,
) -> Entries {
    let mut result = Entries::default();
    for entry in entries {
        match &entry.value {
            Values::Constant(value) => {
                result.constant.push((place(entry), entry.column as u32, *value));
            }
            series @ Values::Series(_) => {
                slots.push(series.clone());
                let slot = slots.len() as u32 - 1;
                result.varying.push((place(entry), entry.column as u32, slot));
            }
        }
    }
    result
}

/// Which unknowns meet: rows, kept columns, then the touched rows of the next stage.
struct Graph {
    nodes: usize,
    joined: Vec<Vec<bool>>,
    /// Kept columns come after one of their rows, so that their pivots are not only regularisation.
    rows_of_kept: Vec<Vec<usize>>,
}

impl Graph {
    fn new(
        staged: &Staged,
        is_kept: &[bool],
        kept_node: &[usize],
        nodes: usize,
        next_rows: &[usize],
    ) -> Self {
        let total = nodes + next_rows.len();
        let mut graph = Graph {
            nodes,
            joined: vec![vec![false; total]; total],
            rows_of_kept: vec![Vec::new(); nodes],
        };
        let mut touched: Vec<Vec<usize>> = vec![Vec::new(); staged.columns.len()];
        for entry in &staged.own {
            touched[entry.column].push(entry.row);
            if is_kept[entry.column] {
                graph.rows_of_kept[kept_node[entry.column]].push(entry.row);
            }
        }
        for entry in &staged.next {
            let at = next_rows.binary_search(&entry.row).expect("next rows hold all");
            touched[entry.column].push(nodes + at);
        }
        for (column, touched) in touched.iter().enumerate() {
            if is_kept[column] {
                for a in touched {
                    graph.join(*a, kept_node[column]);
                }
            } else {
                graph.join_all(touched);
            }
        }
        // The triangle handed on is full, where it leaves and where it arrives.
        graph.join_all(next_rows);
        graph.join_all(&(nodes..total).collect::<Vec<_>>());
        graph
    }

    fn join(&mut self, a: usize, b: usize) {
        self.joined[a][b] = true;
        self.joined[b][a] = true;
    }

    fn join_all(&mut self, nodes: &[usize]) {
        for (i, a) in nodes.iter().enumerate() {
            for b in &nodes[..i] {
                self.join(*a, *b);
            }
        }
    }

    /// An order of elimination: least neighbours first.
    fn order(&self, rows: usize, next_rows: &[usize]) -> Vec<usize> {
        let total = self.joined.len();
        let mut joined = self.joined.clone();
        let mut done = vec![false; total];
        let mut order = Vec::with_capacity(self.nodes);
        while order.len() < self.nodes {
            let ready = |n: usize| {
                n < rows
                    || self.rows_of_kept[n].is_empty()
                    || self.rows_of_kept[n].iter().any(|r| done[*r])
            };
            let degree = |n: usize| (0..total).filter(|o| !done[*o] && joined[n][*o]).count();
            let least = (0..self.nodes)
                .filter(|n| !done[*n] && ready(*n))
                .min_by_key(|n| (degree(*n), next_rows.contains(n)));
            let Some(pivot) = least else { break };
            done[pivot] = true;
            order.push(pivot);
            let around: Vec<usize> =
                (0..total).filter(|o| !done[*o] && joined[pivot][*o]).collect();
            for a in &around {
                for b in &around {
                    joined[*a][*b] = a != b;
                }
            }
        }
        order
    }

    /// The later neighbours of each pivot, fill included.
    fn eliminate(mut self, order: &[usize]) -> Vec<Vec<usize>> {
        let total = self.joined.len();
        let mut done = vec![false; total];
        let mut result = Vec::with_capacity(order.len());
        for pivot in order {
            done[*pivot] = true;
            let around: Vec<usize> =
                (0..total).filter(|o| !done[*o] && self.joined[*pivot][*o]).collect();
            self.join_all(&around);
            result.push(around);
        }
        result
    }
}
