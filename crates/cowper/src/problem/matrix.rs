//! The blocks written out as one sparse matrix, for solvers that want it.

use super::{Extent, Problem, RowBlock};
use crate::time::Partition;

/// Where blocks lie in the columns or rows of the whole matrix: step by step, then the groups.
#[derive(Debug, Clone)]
pub struct Layout {
    per_step: usize,
    steps: usize,
    /// For a block per step its place within a step; for a group block its first index.
    place: Vec<(Extent, usize)>,
    total: usize,
}

impl Layout {
    fn new(extents: impl Iterator<Item = Extent> + Clone, problem: &Problem) -> Self {
        let per_step = extents.clone().filter(|e| *e == Extent::Step).count();
        let mut in_step = 0;
        let mut after = per_step * problem.steps;
        let mut place = Vec::new();
        for extent in extents {
            match extent {
                Extent::Step => {
                    place.push((extent, in_step));
                    in_step += 1;
                }
                Extent::Group(partition) => {
                    place.push((extent, after));
                    after += problem.partitions[partition].labels.len();
                }
            }
        }
        Layout { per_step, steps: problem.steps, place, total: after }
    }

    /// How many columns or rows in all.
    pub fn total(&self) -> usize {
        self.total
    }

    /// The index of a block at a step or group.
    pub fn index(&self, block: usize, at: usize) -> usize {
        match self.place[block] {
            (Extent::Step, place) => at * self.per_step + place,
            (Extent::Group(_), first) => first + at,
        }
    }

    /// One block's entries out of a vector over all columns or rows.
    pub fn block(&self, block: usize, problem: &Problem, all: &[f64]) -> Vec<f64> {
        let count = match self.place[block].0 {
            Extent::Step => self.steps,
            Extent::Group(partition) => problem.partitions[partition].labels.len(),
        };
        (0..count).map(|at| all[self.index(block, at)]).collect()
    }
}

/// The whole matrix, row by row, for solvers that want it.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    /// Where each row starts in `columns` and `values`; one more than there are rows.
    pub starts: Vec<i32>,
    /// Column of each entry.
    pub columns: Vec<i32>,
    /// Value of each entry.
    pub values: Vec<f64>,
    /// Least value of each row.
    pub row_lower: Vec<f64>,
    /// Greatest value of each row.
    pub row_upper: Vec<f64>,
    /// Cost of each column.
    pub cost: Vec<f64>,
    /// Least value of each column.
    pub lower: Vec<f64>,
    /// Greatest value of each column.
    pub upper: Vec<f64>,
    /// Whether each column is a whole number; empty where none is.
    pub integer: Vec<bool>,
}

impl Problem {
    /// Where variables lie among the columns.
    pub fn column_layout(&self) -> Layout {
        Layout::new(self.variables.iter().map(|v| v.extent), self)
    }

    /// Where equations lie among the rows.
    pub fn row_layout(&self) -> Layout {
        Layout::new(self.rows.iter().map(|r| r.extent), self)
    }

    /// Writes out the whole matrix.
    pub fn matrix(&self) -> Matrix {
        let columns = self.column_layout();
        let rows = self.row_layout();
        let mut m = Matrix {
            row_lower: Vec::with_capacity(rows.total()),
            row_upper: Vec::with_capacity(rows.total()),
            starts: Vec::with_capacity(rows.total() + 1),
            ..Matrix::default()
        };
        let per_step: Vec<&RowBlock> =
            self.rows.iter().filter(|r| r.extent == Extent::Step).collect();
        let entries = per_step.iter().map(|r| r.terms.len()).sum::<usize>() * self.steps;
        m.columns.reserve(entries);
        m.values.reserve(entries);
        m.starts.push(0);
        let members: Vec<Vec<Vec<u32>>> = self.partitions.iter().map(members).collect();
        for step in 0..self.steps {
            for row in &per_step {
                self.write_row(row, step, &columns, &mut m);
            }
        }
        for row in &self.rows {
            if let Extent::Group(partition) = row.extent {
                for (group, steps) in members[partition].iter().enumerate() {
                    self.write_group_row(row, (group, steps), &columns, &mut m);
                }
            }
        }
        self.write_columns(&columns, &mut m);
        m
    }

    fn write_row(&self, row: &RowBlock, step: usize, columns: &Layout, m: &mut Matrix) {
        let (mut lower, mut upper) = (row.lower.at(step), row.upper.at(step));
        let first = m.columns.len();
        for term in &row.terms {
            let block = term.variable.0 as usize;
            let coefficient = term.coefficient.at(step);
            let at = match self.variables[block].extent {
                Extent::Group(partition) => Some(self.partitions[partition].of_step[step] as usize),
                Extent::Step => self.earlier(step, term),
            };
            if let Some(at) = at {
                if coefficient != 0.0 {
                    m.columns.push(columns.index(block, at) as i32);
                    m.values.push(coefficient);
                }
            } else if let Some(known) = term.known_before(step) {
                lower -= coefficient * known;
                upper -= coefficient * known;
            } else {
                // The row reaches back to where nothing is: it is kept, free, so that all steps look alike.
                m.columns.truncate(first);
                m.values.truncate(first);
                (lower, upper) = (f64::NEG_INFINITY, f64::INFINITY);
                break;
            }
        }
        merge_equal_columns(m, first);
        m.starts.push(m.columns.len() as i32);
        m.row_lower.push(lower);
        m.row_upper.push(upper);
    }

    fn write_group_row(
        &self,
        row: &RowBlock,
        (group, steps): (usize, &[u32]),
        columns: &Layout,
        m: &mut Matrix,
    ) {
        let first = m.columns.len();
        for term in &row.terms {
            let block = term.variable.0 as usize;
            if let Extent::Group(own) = self.variables[block].extent {
                // A group sees the variable of the group its first step belongs to.
                let at = self.partitions[own].of_step[steps[0] as usize] as usize;
                m.columns.push(columns.index(block, at) as i32);
                m.values.push(term.coefficient.at(group));
                continue;
            }
            for step in steps.iter().map(|s| *s as usize) {
                let (at, coefficient) = (self.earlier(step, term), term.coefficient.at(step));
                if let Some(at) = at.filter(|_| coefficient != 0.0) {
                    m.columns.push(columns.index(block, at) as i32);
                    m.values.push(coefficient);
                }
            }
        }
        if row.terms.iter().any(|t| t.back > 0) {
            merge_equal_columns(m, first);
        }
        m.starts.push(m.columns.len() as i32);
        m.row_lower.push(row.lower.at(group));
        m.row_upper.push(row.upper.at(group));
    }

    fn write_columns(&self, columns: &Layout, m: &mut Matrix) {
        let total = columns.total();
        (m.cost, m.lower, m.upper) = (vec![0.0; total], vec![0.0; total], vec![0.0; total]);
        if self.has_integers() {
            m.integer = vec![false; total];
        }
        for (block, variable) in self.variables.iter().enumerate() {
            for at in 0..self.count(variable.extent) {
                let column = columns.index(block, at);
                m.cost[column] = variable.cost.at(at);
                m.lower[column] = variable.lower.at(at);
                m.upper[column] = variable.upper.at(at);
                if variable.integer {
                    m.integer[column] = true;
                }
            }
        }
    }
}

/// The steps of each group.
fn members(partition: &Partition) -> Vec<Vec<u32>> {
    let mut members = vec![Vec::new(); partition.labels.len()];
    for (step, group) in partition.of_step.iter().enumerate() {
        members[*group as usize].push(step as u32);
    }
    members
}

/// In a short cyclic horizon two terms can meet in one column; solvers want it once.
fn merge_equal_columns(m: &mut Matrix, first: usize) {
    let mut kept = first;
    for i in first..m.columns.len() {
        let (column, value) = (m.columns[i], m.values[i]);
        if let Some(same) = (first..kept).find(|j| m.columns[*j] == column) {
            m.values[same] += value;
        } else {
            m.columns[kept] = column;
            m.values[kept] = value;
            kept += 1;
        }
    }
    m.columns.truncate(kept);
    m.values.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Before, Term, Values, VariableBlock, VariableId};
    use crate::units::NUMBER;

    fn level_row(before: Before) -> Problem {
        let variable = |name: &str| VariableBlock {
            component: "c".into(),
            name: name.into(),
            dimension: NUMBER,
            lower: Values::Constant(0.0),
            upper: Values::Constant(9.0),
            cost: Values::Constant(1.0),
            integer: false,
            extent: Extent::Step,
        };
        let term = |variable, coefficient, back, before| Term {
            variable: VariableId(variable),
            coefficient: Values::Constant(coefficient),
            back,
            before,
        };
        Problem {
            steps: 3,
            variables: vec![variable("level"), variable("fill")],
            rows: vec![RowBlock {
                component: "c".into(),
                name: "level".into(),
                dimension: NUMBER,
                terms: vec![
                    term(0, 1.0, 0, Before::Nothing),
                    term(0, -1.0, 1, before),
                    term(1, -2.0, 0, Before::Nothing),
                ],
                lower: Values::Constant(0.0),
                upper: Values::Constant(0.0),
                extent: Extent::Step,
            }],
            ..Problem::default()
        }
    }

    /// Proves: the three beginnings of a level equation. Columns are level, fill of step 0, 1, 2.
    /// Sensitivity: a lost start level would leave the first bound at 0, not 5.
    #[test]
    fn rows_that_reach_back() {
        let known = level_row(Before::Known([5.0].into())).matrix();
        assert_eq!(known.row_lower, [5.0, 0.0, 0.0]);
        assert_eq!(known.starts, [0, 2, 5, 8]);
        let wrapped = level_row(Before::Wrap).matrix();
        assert_eq!(&wrapped.columns[..3], [0, 4, 1]);
        let nothing = level_row(Before::Nothing).matrix();
        assert_eq!(
            (nothing.row_lower[0], nothing.row_upper[0]),
            (f64::NEG_INFINITY, f64::INFINITY)
        );
        assert_eq!(nothing.starts, [0, 0, 3, 6]);
    }
}
