//! Firing with gases mixed at the burner: what ovens, stoves and furnaces share.

use cowper_derive::Record;

use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::expression::Expr;
use crate::field::{Each, Name, Share};
use crate::model::Model;
use crate::patterns::mixture::{Window, volume_of};
use crate::units::{ENERGY, TIME, VOLUME};

/// The gases that fire a unit. They mix freely within a window of heating values, which is linear
/// because every gas comes with a heating value of its own.
#[derive(Debug, Clone, Record)]
pub struct Firing {
    /// Gases or other fuels it burns, mixed freely.
    pub fuels: Vec<Name>,
    /// Least share of single fuels in the heat.
    pub least_share: Option<Each<Share>>,
    /// Heating values of the mixture.
    #[field(flatten)]
    pub window: Window,
}

impl Firing {
    /// Burns the fuels for a heat.
    ///
    /// Σ heating_value(fuel) · flow(fuel) = heat,
    /// Σ (heating_value(fuel) − least) · volume(fuel) ≥ 0 ≥ Σ (heating_value(fuel) − most) · volume(fuel).
    pub(super) fn burn(&self, m: &mut Model, heat: impl Into<Expr>) {
        self.check_names(m);
        if self.fuels.is_empty() {
            m.error(Diagnostic::error(
                Span::default(),
                "`fuels` is empty and the heat comes from nowhere; name at least one fuel",
            ));
            return;
        }
        let power = ENERGY.per(TIME);
        let (mut fired, mut volume) = (Expr::zero(power), Expr::zero(VOLUME.per(TIME)));
        let mut parts = Vec::new();
        for fuel in &self.fuels {
            let flow = m.rate(&fuel.text, fuel);
            m.burn(fuel, &fuel.text, flow);
            let part = flow * m.energy_content(fuel);
            if !self.window.is_open() {
                volume = volume + volume_of(m, fuel, flow);
            }
            fired = fired + &part;
            parts.push(part);
        }
        m.equal("the fuels give the heat", &fired, heat);
        for (name, share) in self.least_share.iter().flat_map(|l| &l.0) {
            if let Some(index) = self.fuels.iter().position(|f| f.text == name.text) {
                m.at_least("the fuel has its least share", parts[index].clone(), &fired * *share);
            }
        }
        self.window.keep(m, &fired, &volume);
    }

    fn check_names(&self, m: &mut Model) {
        for (name, _) in self.least_share.iter().flat_map(|l| &l.0) {
            if !self.fuels.iter().any(|f| f.text == name.text) {
                let hint = nearest(&name.text, self.fuels.iter().map(|f| f.text.as_str()));
                m.error(Diagnostic::error(
                    name.span,
                    format!("`{}` is not among the `fuels`{hint}", name.text),
                ));
            }
        }
        for (index, fuel) in self.fuels.iter().enumerate() {
            if self.fuels[..index].iter().any(|f| f.text == fuel.text) {
                m.error(Diagnostic::error(
                    fuel.span,
                    format!("`{}` stands twice among the `fuels`; name each once", fuel.text),
                ));
            }
        }
    }
}
