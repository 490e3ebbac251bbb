//! A mixture of gases: its volume, and the heating values it may have.

use cowper_derive::Record;

use crate::diagnostic::Diagnostic;
use crate::expression::{Expr, Param};
use crate::field::Name;
use crate::model::Model;
use crate::units::{EnergyPerVolume, MASS, Quantity, TIME, VOLUME};

/// The heating values that a mixture of gases may have. Linear, because each gas has a known one.
#[derive(Debug, Clone, Record)]
pub struct Window {
    /// Least heating value of the mixture.
    pub heating_value_least: Option<Quantity<EnergyPerVolume>>,
    /// Greatest heating value of the mixture.
    pub heating_value_most: Option<Quantity<EnergyPerVolume>>,
}

impl Window {
    /// Whether any heating value will do.
    pub fn is_open(&self) -> bool {
        self.heating_value_least.is_none() && self.heating_value_most.is_none()
    }

    /// Keeps a mixture of known heat and volume within the window: least · volume ≤ heat ≤ most · volume.
    pub fn keep(&self, m: &mut Model, heat: &Expr, volume: &Expr) {
        if let (Some(least), Some(most)) = (self.heating_value_least, self.heating_value_most)
            && least.value() > most.value()
        {
            m.error(Diagnostic::error(
                least.span,
                "the least heating value is above the greatest; swap them",
            ));
        }
        if let Some(least) = self.heating_value_least {
            m.at_least("the mixture reaches its least heating value", heat, volume * least);
        }
        if let Some(most) = self.heating_value_most {
            m.at_most("the mixture stays below its greatest heating value", heat, volume * most);
        }
    }
}

/// The volume of a flow of gas, through its heating value where it is counted by energy.
pub fn volume_of(m: &mut Model, gas: &Name, flow: impl Into<Expr>) -> Expr {
    if m.stock_dimension(gas) == MASS {
        let message = format!(
            "`{}` is counted by mass; gases that are mixed are counted by volume or energy",
            gas.text
        );
        m.error(Diagnostic::error(gas.span, message));
        return Expr::zero(VOLUME.per(TIME));
    }
    let unit = Param::constant(1.0, VOLUME);
    let amount = m.in_unit_of(unit.clone(), gas, gas.span, |stock| stock);
    flow.into() * (unit / amount)
}
