//! The small system that joins the stretches of time, and the border's own columns and rows.

use crate::group::{Group, MOST_LEFT, NOTHING, Sums, Weights, Width};
use crate::lanes::{LANES, V};
use crate::pattern::{Pattern, by_column};
use crate::staged::{BorderColumn, Staged};

/// The share of its diagonal that a pivot keeps at least.
const PIVOT: f64 = 1e-13;

/// A symmetric matrix by rows, each from its first entry to its diagonal, and its factor LDLᵀ.
#[derive(Debug, Default)]
pub struct Skyline {
    first: Vec<usize>,
    start: Vec<usize>,
    values: Vec<f64>,
    pivots: Vec<f64>,
}

impl Skyline {
    fn new(first: Vec<usize>) -> Self {
        let mut start = vec![0];
        for (row, first) in first.iter().enumerate() {
            start.push(start[row] + row - first + 1);
        }
        let (values, pivots) = (vec![0.0; start[first.len()]], vec![0.0; first.len()]);
        Skyline { first, start, values, pivots }
    }

    fn add(&mut self, a: usize, b: usize, value: f64) {
        let (row, column) = (a.max(b), a.min(b));
        self.values[self.start[row] + column - self.first[row]] += value;
    }

    /// Rows in `negative` have negative pivots; each pivot is `least` at least.
    fn factorise(&mut self, negative: std::ops::Range<usize>, least: &[f64]) {
        for i in 0..self.first.len() {
            let (done, rest) = self.values.split_at_mut(self.start[i]);
            let first = self.first[i];
            let row = &mut rest[..=i - first];
            for j in first..i {
                let low = first.max(self.first[j]);
                let other = &done[self.start[j] + low - self.first[j]..self.start[j + 1] - 1];
                row[j - first] -= dot(&row[low - first..j - first], other);
            }
            let mut pivot = row[i - first];
            // A pivot that is all cancellation would be noise or nought.
            let least = least[i].max(1e-100);
            for j in first..i {
                let raw = row[j - first];
                row[j - first] = raw / self.pivots[j];
                pivot -= raw * row[j - first];
            }
            self.pivots[i] =
                if negative.contains(&i) { pivot.min(-least) } else { pivot.max(least) };
        }
    }

    fn solve(&self, side: &mut [f64]) {
        for i in 0..self.first.len() {
            let row = &self.values[self.start[i]..self.start[i + 1] - 1];
            side[i] -= dot(row, &side[self.first[i]..i]);
        }
        for i in (0..self.first.len()).rev() {
            side[i] /= self.pivots[i];
        }
        for i in (0..self.first.len()).rev() {
            let row = &self.values[self.start[i]..self.start[i + 1] - 1];
            let value = side[i];
            for (at, entry) in side[self.first[i]..i].iter_mut().zip(row) {
                *at -= value * entry;
            }
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f64 = a8.remainder().iter().zip(b8.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a8.zip(b8) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    // The next entry of a row waits for this one, so the sums are added in pairs.
    let [a, b, c, d, e, f, g, h] = sums;
    rest + (((a + e) + (c + g)) + ((b + f) + (d + h)))
}

/// A border column's state.
#[derive(Debug, Clone, Copy, Default)]
pub struct BorderState {
    pub cost: f64,
    pub x: f64,
    pub above: f64,
    pub under: f64,
    pub zl: f64,
    pub zu: f64,
    pub dx: f64,
    /// The first dx of an iteration.
    pub first_dx: f64,
    /// Multipliers of the bounds that move with it.
    pub pushed: f64,
    pub aim_l: f64,
    pub aim_u: f64,
    /// Less what bounds that move push it by.
    pub gradient: f64,
}

impl BorderState {
    pub fn new(column: &BorderColumn) -> Self {
        BorderState { cost: column.cost, ..BorderState::default() }
    }

    fn changes(&self, aimed: bool) -> (f64, f64) {
        let (al, au) = if aimed { (self.aim_l, self.aim_u) } else { (0.0, 0.0) };
        (
            (al - self.zl * self.dx) / self.above - self.zl,
            (au + self.zu * self.dx) / self.under - self.zu,
        )
    }

    fn head(&self) -> f64 {
        self.gradient + self.pushed - self.aim_l / self.above + self.aim_u / self.under
    }
}

/// See the module. Its unknowns are the multipliers of the joining rows at the start of each stretch,
/// the border's columns, and the multipliers of its rows.
#[derive(Debug)]
pub struct Joint {
    pub width: Width,
    /// For each stretch the place of its joining rows.
    places: Vec<Option<usize>>,
    /// Whether the last stretch is joined to the first.
    ring: bool,
    corner: Vec<(usize, usize, f64)>,
    /// Border row and column that meet by way of bounds that move.
    crosses: Vec<(usize, usize)>,
    rhs: Vec<f64>,
    pub columns: Vec<BorderState>,
    pub y: Vec<f64>,
    pub dy: Vec<f64>,
    pub residual: Vec<f64>,
    first_column: usize,
    first_row: usize,
    matrix: Skyline,
    solution: Vec<f64>,
}

impl Joint {
    pub fn new(staged: &Staged, pattern: &Pattern, width: Width, stretches: usize) -> Self {
        let joins = width.joins;
        let mut size = 0;
        let mut first = Vec::new();
        let places = (0..stretches).map(|s| {
            if s == 0 && !staged.ring {
                return None;
            }
            // A stretch meets the one before; the last of a ring meets the first.
            let wraps = s + 1 == stretches && staged.ring;
            let meets = if wraps || size == 0 { 0 } else { size - joins };
            first.extend(std::iter::repeat_n(meets, joins));
            size += joins;
            Some(size - joins)
        });
        let places = places.collect();
        let first_column = size;
        let first_row = first_column + staged.border_columns.len();
        let total = first_row + staged.border_rows.len();
        first.resize(total, 0);
        Joint {
            width,
            places,
            ring: staged.ring,
            corner: staged.corner.clone(),
            crosses: pattern
                .moving_in_border
                .iter()
                .map(|(row, column, _)| {
                    (*row as usize, pattern.moving[*column as usize].border as usize)
                })
                .collect(),
            rhs: staged.border_rows.clone(),
            columns: staged.border_columns.iter().map(BorderState::new).collect(),
            y: vec![0.0; staged.border_rows.len()],
            dy: vec![0.0; staged.border_rows.len()],
            residual: vec![0.0; staged.border_rows.len()],
            first_column,
            first_row,
            matrix: Skyline::new(first),
            solution: vec![0.0; total],
        }
    }

    /// The place of the joining rows of the stretch after this one.
    fn after(&self, stretch: usize) -> Option<usize> {
        match self.places.get(stretch + 1) {
            Some(place) => *place,
            None if self.ring => self.places[0],
            None => None,
        }
    }

    /// Follows the border's last direction.
    pub fn step(&mut self, (ap, ad): (f64, f64)) {
        for c in &mut self.columns {
            let (dzl, dzu) = c.changes(true);
            c.x += ap * c.dx;
            c.above += ap * c.dx;
            c.under -= ap * c.dx;
            c.zl += ad * dzl;
            c.zu += ad * dzu;
        }
        for (y, dy) in self.y.iter_mut().zip(&self.dy) {
            *y += ad * dy;
        }
    }

    /// Leaves the border's last direction.
    pub fn forget(&mut self) {
        for c in &mut self.columns {
            (c.dx, c.first_dx) = (0.0, 0.0);
        }
        self.dy.fill(0.0);
    }

    /// Values of the border columns that stand in rows of stages.
    pub fn x(&self) -> Vec<f64> {
        self.columns[..self.width.columns].iter().map(|c| c.x).collect()
    }

    fn sums(groups: &[Group<'_>], at: usize) -> f64 {
        groups.iter().map(|g| crate::group::total(&g.border[at])).sum()
    }

    /// Measures of the border itself, once the groups have advanced.
    pub fn measure(&mut self, groups: &[Group<'_>], weights: &Weights) -> Sums {
        let mut sums = Sums::default();
        let mut gradient: Vec<f64> = self.columns.iter().map(|c| c.cost).collect();
        for (at, gradient) in gradient.iter_mut().enumerate().take(self.width.columns) {
            *gradient -= Self::sums(groups, at);
        }
        let multipliers = self.width.moving() + 2 * self.width.columns;
        for (at, c) in self.columns.iter_mut().enumerate().take(self.width.columns) {
            c.pushed = Self::sums(groups, multipliers + at);
            gradient[at] -= c.pushed;
        }
        let mut residual = self.rhs.clone();
        for (row, residual) in residual.iter_mut().enumerate() {
            *residual -= Self::sums(groups, self.width.columns + row);
        }
        for &(row, column, value) in &self.corner {
            gradient[column] -= value * self.y[row];
            residual[row] -= value * self.columns[column].x;
        }
        for ((c, gradient), weight) in self.columns.iter_mut().zip(gradient).zip(&weights.columns) {
            c.gradient = gradient;
            sums.objective += c.cost * c.x;
            if c.above < 0.0 {
                sums.dual_objective += c.x * gradient;
                continue;
            }
            sums.dual = sums.dual.max((gradient - c.zl + c.zu).abs() * weight);
            if c.zl > 0.0 {
                sums.complementarity += c.above * c.zl;
                sums.dual_objective += (c.x - c.above) * c.zl;
            }
            if c.zu > 0.0 {
                sums.complementarity += c.under * c.zu;
                sums.dual_objective -= (c.x + c.under) * c.zu;
            }
        }
        let rows = self.y.iter().zip(&self.rhs).zip(&residual).zip(&weights.nodes);
        for (((y, rhs), residual), weight) in rows {
            sums.dual_objective += y * rhs;
            sums.primal = sums.primal.max(residual.abs() * weight);
        }
        self.residual = residual;
        sums
    }

    /// Factorises the joint system out of what the groups found when they advanced.
    pub fn factorise(&mut self, groups: &[Group<'_>], columns: f64, rows: f64) {
        self.matrix.values.fill(0.0);
        let mut least = vec![0.0; self.solution.len()];
        let (joins, all) = (self.width.joins, self.width.all());
        for stretch in 0..self.places.len() {
            let (group, lane) = (&groups[stretch / LANES], stretch % LANES);
            let own = self.places[stretch];
            let place = |column: usize| {
                if column < joins { own.map(|own| own + column) } else { Some(self.border(column)) }
            };
            let places: Vec<Option<usize>> = (0..all).map(place).collect();
            // Of its own joining rows, and less what its inside takes from all.
            for a in 0..all {
                let Some(row) = places[a] else { continue };
                for (b, place) in places[..=a].iter().enumerate() {
                    let Some(column) = *place else { continue };
                    self.matrix.add(row, column, -group.gram[a * (a + 1) / 2 + b].0[lane]);
                }
            }
            let border = all - joins;
            if let Some(own) = own {
                for a in 0..joins {
                    for b in 0..=a {
                        let value = group.start.triangle[by_column(joins, a, b)].0[lane];
                        self.matrix.add(own + a, own + b, value);
                        if a == b {
                            least[own + a] += PIVOT * value;
                        }
                    }
                    for b in 0..border {
                        if let Some(column) = places[joins + b] {
                            let value = group.start.wide[a * border + b].0[lane];
                            self.matrix.add(own + a, column, value);
                        }
                    }
                }
            }
            // What it hands on to those of the next.
            let Some(after) = self.after(stretch) else { continue };
            for a in 0..joins {
                for b in 0..=a {
                    let value = group.end.triangle[by_column(joins, a, b)].0[lane];
                    self.matrix.add(after + a, after + b, value);
                }
                least[after + a] += group.end_least[a].0[lane];
                for (b, place) in places.iter().enumerate() {
                    let Some(column) = *place else { continue };
                    // A stretch that follows itself meets itself from both sides.
                    let twice = if column == after + a { 2.0 } else { 1.0 };
                    let value = twice * group.end.wide[a * all + b].0[lane];
                    self.matrix.add(after + a, column, value);
                }
            }
        }
        for (at, c) in self.columns.iter().enumerate() {
            let pivot =
                if c.above < 0.0 { NOTHING } else { c.zl / c.above + c.zu / c.under + columns };
            let moving = self.width.moving() + at;
            let moving = if at < self.width.columns { Self::sums(groups, moving) } else { 0.0 };
            let at = self.first_column + at;
            self.matrix.add(at, at, -pivot - moving);
            least[at] = PIVOT * pivot.min(1.0);
        }
        for (at, (row, column)) in self.crosses.iter().enumerate() {
            let value = Self::sums(groups, self.width.moving() + 3 * self.width.columns + at);
            self.matrix.add(self.first_row + row, self.first_column + column, value);
        }
        for &(row, column, value) in &self.corner {
            self.matrix.add(self.first_row + row, self.first_column + column, value);
        }
        let first = self.width.triangle();
        for a in 0..self.width.rows {
            for b in 0..=a {
                let value = Self::sums(groups, first + a * (a + 1) / 2 + b);
                self.matrix.add(self.first_row + a, self.first_row + b, value);
                if a == b {
                    least[self.first_row + a] = PIVOT * value;
                }
            }
            self.matrix.add(self.first_row + a, self.first_row + a, rows);
        }
        // Regularised as it is, no elimination leaves less than this but by rounding.
        for (at, least) in least.iter_mut().enumerate() {
            let of_column = (self.first_column..self.first_row).contains(&at);
            *least = least.max(if of_column { columns } else { rows });
        }
        self.matrix.factorise(self.first_column..self.first_row, &least);
    }

    /// The place of a wide column of the border.
    fn border(&self, column: usize) -> usize {
        let (joins, columns) = (self.width.joins, self.width.columns);
        if column < joins + columns {
            self.first_column + column - joins
        } else {
            self.first_row + column - joins - columns
        }
    }

    /// Aims of the border's columns at a centre, after a first direction, or within a band.
    pub fn aim(&mut self, aim: crate::group::Aim) {
        use crate::group::Aim;
        for c in &mut self.columns {
            match aim {
                Aim::Centre(target) => {
                    let aim = |change: f64, distance: f64, z: f64| {
                        // A distance that is not there has no multiplier.
                        if z == 0.0 {
                            return target;
                        }
                        let left = change * (1.0 + change / distance);
                        target + (z * left).min(MOST_LEFT * (z * distance + target))
                    };
                    c.aim_l = aim(c.dx, c.above, c.zl);
                    c.aim_u = aim(-c.dx, c.under, c.zu);
                }
                Aim::Band { step, low, high } => {
                    let (dzl, dzu) = c.changes(true);
                    let corrected = |product: f64| (product.clamp(low, high) - product).max(-high);
                    if c.zl > 0.0 {
                        c.aim_l += corrected((c.above + step.0 * c.dx) * (c.zl + step.1 * dzl));
                    }
                    if c.zu > 0.0 {
                        c.aim_u += corrected((c.under - step.0 * c.dx) * (c.zu + step.1 * dzu));
                    }
                }
            }
        }
    }

    /// Forgets the aims, for a first direction.
    pub fn aim_at_nothing(&mut self) {
        for c in &mut self.columns {
            (c.aim_l, c.aim_u) = (0.0, 0.0);
        }
    }

    /// Solves for the changes of joins and border, given what the groups found.
    pub fn solve(&mut self, groups: &[Group<'_>]) {
        self.gather(groups);
        for (i, c) in self.columns.iter().enumerate() {
            self.solution[self.first_column + i] += c.head();
        }
        for i in 0..self.width.columns {
            let at = self.width.moving() + self.width.columns + i;
            self.solution[self.first_column + i] += Self::sums(groups, at);
        }
        for i in 0..self.width.rows {
            let at = self.width.columns + self.width.rows + i;
            self.solution[self.first_row + i] += self.residual[i] + Self::sums(groups, at);
        }
        self.matrix.solve(&mut self.solution);
        for (i, c) in self.columns.iter_mut().enumerate() {
            c.dx = if c.above < 0.0 { 0.0 } else { self.solution[self.first_column + i] };
        }
        self.dy.copy_from_slice(&self.solution[self.first_row..]);
    }

    /// The same for a correction of the changes at hand.
    pub fn correct(&mut self, groups: &[Group<'_>], columns: f64, rows: f64) {
        self.gather(groups);
        let (nb, nr) = (self.width.columns, self.width.rows);
        let left = |c: &BorderState| c.head() + c.dx * (c.zl / c.above + c.zu / c.under + columns);
        let mut left_columns: Vec<f64> = self.columns.iter().map(left).collect();
        let multipliers = self.width.moving() + 2 * nb;
        for (at, left) in left_columns.iter_mut().enumerate().take(nb) {
            *left -= Self::sums(groups, at) + Self::sums(groups, multipliers + at);
        }
        let mut left_rows = self.residual.clone();
        for (row, left) in left_rows.iter_mut().enumerate().take(nr) {
            *left -= Self::sums(groups, nb + row) + rows * self.dy[row];
        }
        for &(row, column, value) in &self.corner {
            left_columns[column] -= value * self.dy[row];
            left_rows[row] -= value * self.columns[column].dx;
        }
        for (i, (left, c)) in left_columns.iter().zip(&self.columns).enumerate() {
            self.solution[self.first_column + i] += if c.above < 0.0 { 0.0 } else { *left };
        }
        for (i, left) in left_rows.iter().enumerate() {
            self.solution[self.first_row + i] += left;
        }
        self.matrix.solve(&mut self.solution);
        for (i, c) in self.columns.iter_mut().enumerate() {
            c.dx += if c.above < 0.0 { 0.0 } else { self.solution[self.first_column + i] };
        }
        for (dy, change) in self.dy.iter_mut().zip(&self.solution[self.first_row..]) {
            *dy += change;
        }
    }

    /// What the groups found for the right side.
    fn gather(&mut self, groups: &[Group<'_>]) {
        let (joins, all) = (self.width.joins, self.width.all());
        self.solution.fill(0.0);
        for stretch in 0..self.places.len() {
            let (group, lane) = (&groups[stretch / LANES], stretch % LANES);
            if let Some(own) = self.places[stretch] {
                for a in 0..joins {
                    self.solution[own + a] +=
                        group.start.side[a].0[lane] - group.against[a].0[lane];
                }
            }
            for column in joins..all {
                let at = self.border(column);
                self.solution[at] -= group.against[column].0[lane];
            }
            if let Some(after) = self.after(stretch) {
                for a in 0..joins {
                    self.solution[after + a] += group.end.side[a].0[lane];
                }
            }
        }
    }

    /// Changes of the border's columns in rows, then of the multipliers of its rows.
    pub fn border_changes(&self) -> Vec<f64> {
        let columns = self.columns[..self.width.columns].iter().map(|c| c.dx);
        columns.chain(self.dy.iter().copied()).collect()
    }

    /// Of the columns in rows: their changes in all, and in the first direction.
    pub fn border_dx(&self) -> (Vec<f64>, Vec<f64>) {
        let columns = &self.columns[..self.width.columns];
        (columns.iter().map(|c| c.dx).collect(), columns.iter().map(|c| c.first_dx).collect())
    }

    /// Notes that the direction at hand is the first of an iteration.
    pub fn keep_first(&mut self) {
        for c in &mut self.columns {
            c.first_dx = c.dx;
        }
    }

    /// The direction at hand, to go back to.
    pub fn clone_state(&self) -> (Vec<BorderState>, Vec<f64>) {
        (self.columns.clone(), self.dy.clone())
    }

    /// Goes back to a direction.
    pub fn revert(&mut self, (columns, dy): (Vec<BorderState>, Vec<f64>)) {
        (self.columns, self.dy) = (columns, dy);
    }

    /// How far the border's direction may be followed.
    pub fn reach(&self, aimed: bool) -> Sums {
        let mut sums = Sums::default();
        for c in &self.columns {
            let (dzl, dzu) = c.changes(aimed);
            if c.zl > 0.0 {
                sums.primal_ratio = sums.primal_ratio.max(-c.dx / c.above);
                sums.dual_ratio = sums.dual_ratio.max(-dzl / c.zl);
                sums.dx_z += c.dx * c.zl;
                sums.dx_dz += c.dx * dzl;
            }
            if c.zu > 0.0 {
                sums.primal_ratio = sums.primal_ratio.max(c.dx / c.under);
                sums.dual_ratio = sums.dual_ratio.max(-dzu / c.zu);
                sums.dx_z -= c.dx * c.zu;
                sums.dx_dz -= c.dx * dzu;
            }
        }
        sums
    }

    /// For a group: the changes of its joining rows, of those of the stretches after, and of the border.
    pub fn changes(&self, group: usize) -> (Vec<V>, Vec<V>, Vec<f64>) {
        let joins = self.width.joins;
        let (mut before, mut after) = (vec![V::ZERO; joins], vec![V::ZERO; joins]);
        for lane in 0..LANES {
            let stretch = group * LANES + lane;
            if stretch >= self.places.len() {
                break;
            }
            for a in 0..joins {
                before[a].0[lane] = self.places[stretch].map_or(0.0, |b| self.solution[b + a]);
                after[a].0[lane] = self.after(stretch).map_or(0.0, |b| self.solution[b + a]);
            }
        }
        let mut border = self.solution[self.first_column..][..self.width.columns].to_vec();
        border.extend_from_slice(&self.solution[self.first_row..]);
        (before, after, border)
    }
}
