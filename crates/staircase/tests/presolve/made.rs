//! Models written down in a few lines.

use staircase::{Before, Column, Extent, Model, Row, Spans, Term, Values};

/// A model to add to.
pub struct Built {
    pub model: Model,
}

/// The row that was added last.
pub struct LastRow<'a>(&'a mut Row);

pub fn series(values: &[f64]) -> Values {
    Values::Series(values.into())
}

pub fn constant(value: f64) -> Values {
    Values::Constant(value)
}

impl Built {
    pub fn stages(stages: usize) -> Self {
        Built { model: Model { stages, ..Model::default() } }
    }

    /// A division of time, by the span of each stage.
    pub fn spans(&mut self, of_stage: &[u32]) -> usize {
        self.model.spans.push(Spans { of_stage: of_stage.into() });
        self.model.spans.len() - 1
    }

    pub fn column(
        &mut self,
        lower: impl Into<Values>,
        upper: impl Into<Values>,
        cost: impl Into<Values>,
    ) -> usize {
        self.column_of(Extent::Stage, lower, upper, cost)
    }

    pub fn column_of(
        &mut self,
        extent: Extent,
        lower: impl Into<Values>,
        upper: impl Into<Values>,
        cost: impl Into<Values>,
    ) -> usize {
        let (lower, upper, cost) = (lower.into(), upper.into(), cost.into());
        self.model.columns.push(Column { lower, upper, cost, extent });
        self.model.columns.len() - 1
    }

    pub fn row(
        &mut self,
        lower: impl Into<Values>,
        upper: impl Into<Values>,
        extent: Extent,
    ) -> LastRow<'_> {
        let (lower, upper) = (lower.into(), upper.into());
        self.model.rows.push(Row { terms: Vec::new(), lower, upper, extent });
        LastRow(self.model.rows.last_mut().expect("just added"))
    }
}

impl LastRow<'_> {
    pub fn term(self, column: usize, coefficient: impl Into<Values>) -> Self {
        self.earlier(column, coefficient, 0, Before::Nothing)
    }

    pub fn earlier(
        self,
        column: usize,
        coefficient: impl Into<Values>,
        back: u32,
        before: Before,
    ) -> Self {
        self.0.terms.push(Term { column, coefficient: coefficient.into(), back, before });
        self
    }
}
