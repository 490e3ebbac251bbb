//! A model written out: every row and column that exists, one after the other, without time.

use staircase::{Extent, Model};

/// lower ≤ A·x ≤ upper for rows, likewise for columns; minimise cost·x.
pub struct Matrix {
    /// Block and place of each column.
    pub columns: Vec<(usize, usize)>,
    /// Block and place of each row that exists.
    pub rows: Vec<(usize, usize)>,
    pub cost: Vec<f64>,
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
    pub row_lower: Vec<f64>,
    pub row_upper: Vec<f64>,
    /// Column and coefficient of each row's terms, as they are written: a column may come again.
    pub terms: Vec<Vec<(usize, f64)>>,
    /// How many places each column block and each row block has.
    places: (Vec<usize>, Vec<usize>),
}

impl Matrix {
    /// Writes a model out.
    pub fn of(model: &Model) -> Self {
        let mut matrix = Matrix {
            columns: Vec::new(),
            rows: Vec::new(),
            cost: Vec::new(),
            lower: Vec::new(),
            upper: Vec::new(),
            row_lower: Vec::new(),
            row_upper: Vec::new(),
            terms: Vec::new(),
            places: (Vec::new(), Vec::new()),
        };
        let mut first_of_block = Vec::new();
        for (block, column) in model.columns.iter().enumerate() {
            first_of_block.push(matrix.columns.len());
            let count = model.count(column.extent);
            for place in 0..count {
                matrix.columns.push((block, place));
                matrix.cost.push(column.cost.at(place));
                matrix.lower.push(column.lower.at(place));
                matrix.upper.push(column.upper.at(place));
            }
            matrix.places.0.push(count);
        }
        for (block, row) in model.rows.iter().enumerate() {
            let count = model.count(row.extent);
            let mut index = vec![usize::MAX; count];
            for (place, index) in index.iter_mut().enumerate() {
                if row.extent == Extent::Stage && !model.exists(row, place) {
                    continue;
                }
                *index = matrix.rows.len();
                matrix.rows.push((block, place));
                matrix.row_lower.push(row.lower.at(place));
                matrix.row_upper.push(row.upper.at(place));
                matrix.terms.push(Vec::new());
            }
            model.entries(row, |place, column, at, coefficient| {
                matrix.terms[index[place]].push((first_of_block[column] + at, coefficient));
            });
            matrix.places.1.push(count);
        }
        matrix
    }

    /// A value a column as blocks.
    pub fn column_blocks(&self, values: &[f64]) -> Vec<Vec<f64>> {
        spread(&self.columns, &self.places.0, values)
    }

    /// A value a row as blocks; 0 where a row does not exist.
    pub fn row_blocks(&self, values: &[f64]) -> Vec<Vec<f64>> {
        spread(&self.rows, &self.places.1, values)
    }

    /// A value a column out of blocks.
    pub fn of_columns(&self, blocks: &[Vec<f64>]) -> Vec<f64> {
        self.columns.iter().map(|(block, place)| blocks[*block][*place]).collect()
    }

    /// A value a row out of blocks.
    pub fn of_rows(&self, blocks: &[Vec<f64>]) -> Vec<f64> {
        self.rows.iter().map(|(block, place)| blocks[*block][*place]).collect()
    }

    /// Whether 0 lies between the bounds of each row.
    pub fn rows_are_kept_by_nothing(&self) -> bool {
        self.row_lower.iter().all(|bound| *bound <= 0.0)
            && self.row_upper.iter().all(|bound| *bound >= 0.0)
    }

    /// The terms of a row with those of the same column added up and noughts left out.
    pub fn summed(&self, row: usize) -> Vec<(usize, f64)> {
        let mut terms = self.terms[row].clone();
        terms.sort_by_key(|term| term.0);
        let mut summed: Vec<(usize, f64)> = Vec::new();
        for (column, coefficient) in terms {
            match summed.last_mut() {
                Some(last) if last.0 == column => last.1 += coefficient,
                _ => summed.push((column, coefficient)),
            }
        }
        summed.retain(|term| term.1 != 0.0);
        summed
    }
}

fn spread(at: &[(usize, usize)], places: &[usize], values: &[f64]) -> Vec<Vec<f64>> {
    let mut blocks: Vec<Vec<f64>> = places.iter().map(|count| vec![0.0; *count]).collect();
    for ((block, place), value) in at.iter().zip(values) {
        blocks[*block][*place] = *value;
    }
    blocks
}
