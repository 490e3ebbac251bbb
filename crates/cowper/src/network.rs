//! What components connect to: carriers, the nodes where they are balanced, and parties.

use cowper_derive::{Choice, Record};

use crate::diagnostic::{Diagnostic, Span};
use crate::field::Profile;
use crate::units::{
    CarbonContent, CarbonPrice, Dimension, ENERGY, Enthalpy, HeatingValue, MASS, Price, Quantity,
    TIME, VOLUME,
};

/// What a carrier is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Choice)]
pub enum CarrierMeasure {
    /// Energy: MWh, flows in MW. Electricity, heat, a fuel by its heating value.
    Energy,
    /// Volume at normal conditions: kNm3, flows in kNm3/h. Gases.
    Volume,
    /// Mass: t, flows in t/h. Steam, coal, steel.
    Mass,
}

impl CarrierMeasure {
    /// The dimension of a stock of it.
    pub fn stock(self) -> Dimension {
        match self {
            CarrierMeasure::Energy => ENERGY,
            CarrierMeasure::Volume => VOLUME,
            CarrierMeasure::Mass => MASS,
        }
    }

    /// What it is counted by, in words.
    fn words(self) -> &'static str {
        match self {
            CarrierMeasure::Energy => "energy",
            CarrierMeasure::Volume => "volume",
            CarrierMeasure::Mass => "mass",
        }
    }

    /// The dimension of a flow of it.
    pub fn flow(self) -> Dimension {
        self.stock().per(TIME)
    }
}

/// What flows: electricity, a gas, steam at a pressure, oxygen, steel.
#[derive(Debug, Clone, Record)]
pub struct Carrier {
    /// What it is counted in.
    pub measure: CarrierMeasure,
    /// Lower heating value of a fuel.
    pub heating_value: Option<Quantity<HeatingValue>>,
    /// Heat of steam or hot water above feed water.
    pub enthalpy: Option<Quantity<Enthalpy>>,
    /// CO2 set free when it is burnt, per amount or per energy.
    pub co2: Option<Quantity<CarbonContent>>,
    /// What a unit not served costs. Without it, the site's `shortage_price`.
    pub shortage_price: Option<Quantity<Price>>,
    /// What a unit that nothing takes costs. Without it, the site's `surplus_price`.
    pub surplus_price: Option<Quantity<Price>>,
    /// Its name in the report; the name of its table without.
    pub label: Option<String>,
    /// Its colour in the report, such as "#d95f02".
    pub colour: Option<String>,
}

impl Carrier {
    /// What does not fit its measure: said at once, as it would silently not count.
    pub(crate) fn mistakes(&self) -> Vec<Diagnostic> {
        let stock = self.measure.stock();
        let mut found = Vec::new();
        let unfit = |span, what: &str, fits: &str| {
            Diagnostic::error(
                span,
                format!(
                    "{what} does not fit a carrier counted by {}; {fits}",
                    self.measure.words()
                ),
            )
        };
        if let Some(value) = self.heating_value
            && stock != ENERGY
            && value.dimension() != ENERGY.per(stock)
        {
            found.push(unfit(
                value.span,
                "this heating_value",
                &format!("write it per {}", self.measure.words()),
            ));
        }
        if let Some(value) = self.enthalpy
            && self.measure != CarrierMeasure::Mass
        {
            found.push(unfit(
                value.span,
                "an enthalpy",
                "it belongs to one with measure = \"mass\"",
            ));
        }
        let energy = stock == ENERGY || self.heating_value.is_some() || self.enthalpy.is_some();
        if let Some(co2) = self.co2 {
            let by_heating_value = self
                .heating_value
                .is_some_and(|h| MASS.per(ENERGY).times(h.dimension()) == co2.dimension());
            if co2.dimension() != MASS.per(stock)
                && !(co2.dimension() == MASS.per(ENERGY) && energy)
                && !by_heating_value
            {
                found.push(unfit(
                    co2.span,
                    "this co2",
                    &format!(
                        "write it per {}, or give the carrier a heating_value",
                        self.measure.words()
                    ),
                ));
            }
        }
        for price in [self.shortage_price, self.surplus_price].into_iter().flatten() {
            let money = crate::units::MONEY;
            if price.dimension() != money.per(stock)
                && !(price.dimension() == money.per(ENERGY) && energy)
            {
                found.push(unfit(
                    price.span,
                    "this price",
                    &format!("write it per {}", self.measure.words()),
                ));
            }
            if price.value() < 0.0 {
                found.push(Diagnostic::error(price.span, NEGATIVE_SLACK));
            }
        }
        found
    }
}

/// A price below nought would make shortage or surplus a source of money.
pub(crate) const NEGATIVE_SLACK: &str =
    "this price is negative; shortage and surplus cost something, or nothing, but never earn";

/// A further place where a carrier is balanced, besides the one of its own name.
#[derive(Debug, Clone, Record)]
pub struct NodeFields {
    /// What is balanced here.
    pub carrier: crate::field::Name,
    /// Its name in the report; the name of its table without.
    pub label: Option<String>,
}

/// An owner of components.
#[derive(Debug, Clone, Record)]
pub struct PartyFields {
    /// Its name in messages and reports.
    pub name: String,
}

/// A carrier with its name in the file.
#[derive(Debug, Clone)]
pub struct NamedCarrier {
    /// Key of its table.
    pub name: String,
    /// Where it is named.
    pub span: Span,
    /// What it is.
    pub carrier: Carrier,
}

/// A place where one carrier is balanced at each step.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub label: String,
    /// Index of its carrier.
    pub carrier: usize,
}

/// An owner with its key in the file.
#[derive(Debug, Clone)]
pub struct Party {
    /// Key of its table.
    pub key: String,
    /// Its name for people.
    pub name: String,
}

/// Carriers, nodes and parties of a site, and the prices that hold for all of it.
#[derive(Debug, Clone)]
pub struct Network {
    /// Carriers in the order of their names.
    pub carriers: Vec<NamedCarrier>,
    /// Nodes in the order of their names.
    pub nodes: Vec<Node>,
    /// Parties in the order of their keys.
    pub parties: Vec<Party>,
    /// ISO code of the currency.
    pub currency: String,
    /// Price of CO2 set free on site; none where it costs nothing.
    pub co2_price: Option<Profile<CarbonPrice>>,
    /// What a unit not served costs where the carrier does not say: per MWh, kNm3 or t.
    pub shortage_price: f64,
    /// What a unit that nothing takes costs where the carrier does not say.
    pub surplus_price: f64,
}

impl Network {
    /// The node of a name.
    pub fn node(&self, name: &str) -> Option<usize> {
        self.nodes.binary_search_by(|n| n.name.as_str().cmp(name)).ok()
    }

    /// The carrier balanced at a node.
    pub fn carrier_of(&self, node: usize) -> &Carrier {
        &self.carriers[self.nodes[node].carrier].carrier
    }

    /// Heat in a unit of the carrier at a node, in MWh: its heating value or enthalpy.
    pub fn energy_content(&self, node: usize) -> Option<f64> {
        let carrier = self.carrier_of(node);
        match carrier.measure {
            CarrierMeasure::Energy => Some(1.0),
            measure => [
                carrier.heating_value.map(|q| (q.value(), q.dimension())),
                carrier.enthalpy.map(|q| (q.value(), q.dimension())),
            ]
            .into_iter()
            .flatten()
            .find(|(_, dimension)| *dimension == ENERGY.per(measure.stock()))
            .map(|(value, _)| value),
        }
    }

    /// CO2 in a unit of the carrier at a node, in t; none where it holds no carbon.
    pub(crate) fn carbon_content(&self, node: usize) -> Option<f64> {
        let carrier = self.carrier_of(node);
        let co2 = carrier.co2?;
        if co2.dimension() == MASS.per(carrier.measure.stock()) {
            return Some(co2.value());
        }
        if co2.dimension() == MASS.per(ENERGY) {
            return self.energy_content(node).map(|content| co2.value() * content);
        }
        // Stated per volume or mass while the carrier is counted by energy.
        carrier
            .heating_value
            .filter(|h| MASS.per(ENERGY).times(h.dimension()) == co2.dimension())
            .map(|h| co2.value() / h.value())
    }
}

impl Network {
    /// What a unit not served at a node costs.
    pub(crate) fn shortage_price_of(&self, node: usize) -> f64 {
        self.priced(node, self.carrier_of(node).shortage_price, self.shortage_price)
    }

    /// What a unit that nothing takes at a node costs.
    pub(crate) fn surplus_price_of(&self, node: usize) -> f64 {
        self.priced(node, self.carrier_of(node).surplus_price, self.surplus_price)
    }

    fn priced(&self, node: usize, own: Option<Quantity<Price>>, otherwise: f64) -> f64 {
        let stock = self.carrier_of(node).measure.stock();
        match own {
            Some(price) if price.dimension() == crate::units::MONEY.per(stock) => price.value(),
            // A price of energy for a gas counted by volume.
            Some(price) => {
                self.energy_content(node).map_or(otherwise, |content| price.value() * content)
            }
            None => otherwise,
        }
    }
}
