//! A line: carries one carrier from node to node.

use cowper_derive::{Kind, Record};

use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::expression::Expr;
use crate::field::{Name, Profile, Share};
use crate::model::{Bounds, Model};
use crate::patterns::operation::share_of;
use crate::units::{Flow, Number, Price, Quantity};

/// A line, pipe or belt: carries one carrier from node to node.
///
/// The flow back is a variable of its own, so losses need no whole numbers: both ways at once would
/// lose twice, and pays only where a price is below nought.
///
/// # Equations
///
/// received = (1 − loss) · sent; taken from `from` = sent + standing_loss
///
/// two_way: received_back = (1 − loss) · sent_back
///
/// sent + sent_back ≤ capacity · availability
///
/// cost = fee · (sent + sent_back)
///
/// # Example
///
/// ```toml
/// # Steam for the rolling mill comes 2 km from the power plant.
/// [site]
/// name = "Steam line"
/// [horizon]
/// start = "2025-01-01"
/// end = "2025-01-02"
/// step = "1 h"
/// [carrier.steam]
/// measure = "mass"
/// [node.mill_steam]
/// carrier = "steam"
/// [fuel_supply.power_plant]
/// carrier = "steam"
/// price = "18 EUR/t"
/// [line.main]
/// from = "steam"
/// to = "mill_steam"
/// capacity = "60 t/h"
/// loss = "2 %"
/// standing_loss = "0.5 t/h"
/// [demand.mill]
/// carrier = "mill_steam"
/// amount = "40 t/h"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct Line {
    /// Node it carries from.
    pub from: Name,
    /// Node it carries to, of the same carrier.
    pub to: Name,
    /// Greatest flow sent, both ways together.
    pub capacity: Quantity<Flow>,
    /// Share of the capacity that can be used: maintenance.
    pub availability: Option<Profile<Number>>,
    /// Share of what is sent that is lost on the way.
    #[field(default = "0 %")]
    pub loss: Share,
    /// Flow lost at `from` whatever is sent, such as the heat loss of a steam line.
    pub standing_loss: Option<Quantity<Flow>>,
    /// Whether it also carries back.
    #[field(default = false)]
    pub two_way: bool,
    /// Price of each unit sent, either way.
    pub fee: Option<Profile<Price>>,
}

impl Component for Line {
    fn equations(&self, m: &mut Model) {
        if !self.joins_one_carrier(m) {
            return;
        }
        let mut capacity = m.capacity_of(self.capacity, &self.from);
        if let Some(availability) = &self.availability {
            capacity = capacity * share_of(m, availability);
        }
        let arrives = 1.0 - self.loss.value();
        let sent = m.variable("sent", Bounds::up_to(&capacity));
        let mut lost_at_rest = Expr::zero(sent.dimension);
        if let Some(loss) = self.standing_loss {
            lost_at_rest = m.capacity_of(loss, &self.from).into();
        }
        m.take(&self.from, "sent", sent + lost_at_rest);
        m.give(&self.to, "received", sent * arrives);
        let mut carried = Expr::from(sent);
        if self.two_way {
            let back = m.variable("sent_back", Bounds::up_to(&capacity));
            m.take(&self.to, "sent_back", back);
            m.give(&self.from, "received_back", back * arrives);
            carried = carried + back;
            m.at_most("both ways share the line", &carried, capacity);
        }
        if let Some(fee) = &self.fee {
            let fee = m.price_of(fee, &self.from);
            m.cost("fee", carried * fee);
        }
    }
}

impl Line {
    fn joins_one_carrier(&self, m: &mut Model) -> bool {
        let (Some(here), Some(there)) = (m.carrier_at(&self.from), m.carrier_at(&self.to)) else {
            return false;
        };
        if here != there {
            let message = format!(
                "a line carries one carrier, but `{}` is {here} and `{}` is {there}; use a converter or let_down between them",
                self.from.text, self.to.text
            );
            m.error(Diagnostic::error(self.to.span, message));
            return false;
        }
        if self.from.text == self.to.text {
            m.error(Diagnostic::error(
                self.to.span,
                "this line ends where it begins; name a second node of the carrier, [node.NAME]",
            ));
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check, mistakes};

    fn site(line: &str) -> String {
        format!(
            r#"
            [site]
            name = "test"
            [horizon]
            start = "2025-01-01T00:00"
            end = "2025-01-01T02:00"
            step = "1 h"
            [carrier.electricity]
            measure = "energy"
            [carrier.heat]
            measure = "energy"
            [node.mill]
            carrier = "electricity"
            [series.here]
            unit = "EUR/MWh"
            values = [20, 100]
            [grid_connection.grid]
            import_price = "here"
            [grid_connection.second]
            electricity = "mill"
            import_price = "60 EUR/MWh"
            [demand.works]
            carrier = "electricity"
            amount = "9 MW"
            [demand.mill]
            carrier = "mill"
            amount = "9 MW"
            [line.l]
            from = "electricity"
            to = "mill"
            {line}
            "#
        )
    }

    /// Proves: one way only, the share lost is of what is sent: 10 MW arrive as 9, at a fee of 1.
    /// (9 + 10) · 20 + 10, then 9 · 100 + 9 · 60. Sensitivity: lost on top, 9.9 would be sent.
    #[test]
    fn a_share_is_lost_on_the_way() {
        let line = "capacity = \"20 MW\"\nloss = \"10 %\"\nfee = \"1 EUR/MWh\"";
        let solved = check(
            &site(line),
            390.0 + 1440.0,
            &[("l.sent", &[10.0, 0.0]), ("l.received", &[9.0, 0.0])],
        );
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: both ways share the capacity and lose alike, without whole numbers. There 5 MW at 20
    /// replace 4.5 at 60; back 5 MW at 60 replace 4.5 at 100.
    /// 14 · 20 + 4.5 · 60 + 4.5 · 100 + 14 · 60 = 1840. Sensitivity: one way only: 1990.
    #[test]
    fn it_carries_back() {
        let line = "capacity = \"5 MW\"\nloss = \"10 %\"\ntwo_way = true";
        let solved = check(
            &site(line),
            1840.0,
            &[("l.sent", &[5.0, 0.0]), ("l.received_back", &[0.0, 4.5])],
        );
        assert!(!solved.compiled.problem.has_integers());
    }

    /// Proves: a standing loss is there at any flow and on top of it: 1 MWh at 20 and at 100.
    /// (9 + 9 + 1) · 20, then 10 · 100 + 9 · 60. Sensitivity: only while carrying: 100 less.
    #[test]
    fn a_line_loses_at_rest() {
        check(
            &site("capacity = \"20 MW\"\nstanding_loss = \"1 MW\""),
            380.0 + 1540.0,
            &[("l.sent", &[10.0, 1.0])],
        );
    }

    /// Proves: unlike carriers and a line onto itself are mistakes.
    #[test]
    fn a_line_joins_nodes_of_one_carrier() {
        let text = site("capacity = \"20 MW\"").replace("to = \"mill\"", "to = \"heat\"");
        assert!(mistakes(&text).contains("`electricity` is electricity and `heat` is heat"));
        let text = site("capacity = \"20 MW\"").replace("to = \"mill\"", "to = \"electricity\"");
        assert!(mistakes(&text).contains("ends where it begins"));
    }

    /// Proves: an availability above one is a mistake.
    /// Sensitivity: taken as it is, the line would carry more than its capacity.
    #[test]
    fn availability_is_a_share() {
        let found = mistakes(&site("capacity = \"20 MW\"\navailability = 1.5"));
        assert!(found.contains("share of the capacity from 0 to 1"), "{found}");
    }
}
