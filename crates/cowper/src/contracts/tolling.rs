//! Tolling: gas goes to another's plant, and power and steam come back for a fee.

use cowper_derive::{Kind, Record};

use crate::contract::{Agreement, Amount, Leg, Side, Sides, Terms};
use crate::expression::Param;
use crate::field::{Name, PartyKey, Profile, Share};
use crate::model::Model;
use crate::units::{Flow, Price};

/// Tolling: one party gives its gas to the plant of another, and takes back power and steam for a fee.
///
/// The toller nominates the gas. What comes back follows guaranteed efficiencies, whatever the plant
/// does: a better one is the operator's gain, a worse one its loss.
///
/// # Equations
///
/// 0 ≤ gas ≤ capacity
///
/// power = efficiency · heat(gas) · gas; steam = steam_efficiency · heat(gas) / heat(steam) · gas
///
/// The toller pays at each step: fee · power · hours
///
/// The operator pays for gas above the guaranteed heat rate by what was metered. In a statement that gas is
/// a deviation at its node, charged at the price there; where the contract has another price, the
/// difference is settled apart:
/// excess_gas_price · max(0, gas received − power delivered / (efficiency · heat(gas))) · hours.
/// In a plan there is none: what is nominated comes back.
///
/// # Example
///
/// ```toml
/// # A works flares 20 of its 50 MW of gas; 30 MW become power in another's plant.
/// [site]
/// name = "Gas in, power out"
/// [horizon]
/// start = "2025-01-01 00:00"
/// end = "2025-01-01 02:00"
/// step = "1 h"
/// [party.works]
/// name = "Works"
/// [party.power]
/// name = "Power company"
/// [carrier.gas]
/// measure = "energy"
/// [carrier.electricity]
/// measure = "energy"
/// [fuel_supply.furnace]
/// owner = "works"
/// carrier = "gas"
/// fixed = "50 MW"
/// [flare.stack]
/// owner = "works"
/// gas = "gas"
/// [demand.mill]
/// owner = "works"
/// carrier = "electricity"
/// amount = "30 MW"
/// [grid_connection.works_grid]
/// owner = "works"
/// import_price = "80 EUR/MWh"
/// [converter.plant]
/// owner = "power"
/// capacity = "60 MW"
/// capacity_at = "gas"
/// takes = { gas = 1 }
/// gives = { electricity = 0.4 }
/// burns = ["gas"]
/// [grid_connection.market]
/// owner = "power"
/// export_price = "20 EUR/MWh"
/// [tolling.gas_to_power]
/// toller = "works"
/// operator = "power"
/// gas = "gas"
/// capacity = "30 MW"
/// efficiency = "38 %"
/// fee = "5 EUR/MWh"
/// ```
#[derive(Debug, Clone, Record, Kind)]
pub struct Tolling {
    /// Party that gives the gas, takes the power and pays the fee.
    pub toller: PartyKey,
    /// Party whose plant makes power of it.
    pub operator: PartyKey,
    /// Node at which the gas is handed over.
    pub gas: Name,
    /// Greatest flow of gas.
    pub capacity: Profile<Flow>,
    /// Node at which the power comes back.
    #[field(default = "electricity")]
    pub electricity: Name,
    /// Guaranteed power for each unit of the gas's heat.
    pub efficiency: Share,
    /// Node at which steam comes back.
    pub steam: Option<Name>,
    /// Guaranteed heat of the steam for each unit of the gas's heat.
    pub steam_efficiency: Option<Share>,
    /// Fee for each unit of power that comes back: the plant's variable cost and its margin.
    pub fee: Option<Profile<Price>>,
    /// Price of the gas that the operator uses above the guaranteed heat rate, for settlement.
    pub excess_gas_price: Option<Profile<Price>>,
}

impl Agreement for Tolling {
    fn parties(&self) -> Sides<&PartyKey> {
        Sides { seller: &self.operator, buyer: &self.toller }
    }

    fn terms(&self, m: &mut Model) -> Terms {
        let heat = m.energy_content(&self.gas);
        let power = &heat * self.efficiency;
        let mut legs = vec![
            Leg { node: self.gas.clone(), ratio: (-1.0).into() },
            Leg { node: self.electricity.clone(), ratio: power.clone() },
        ];
        legs.extend(self.steam_leg(m, &heat));
        let price = match &self.fee {
            Some(fee) => m.price_of(fee, &self.electricity) * &power,
            None => Param::constant(0.0, crate::units::MONEY.per(m.stock_dimension(&self.gas))),
        };
        let limit = m.flow_of(&self.capacity, &self.gas);
        let excess_price = self.excess_gas_price.as_ref().map(|p| m.price_of(p, &self.gas));
        let amount = Amount::UpTo { limit, by: Side::Buyer };
        Terms { legs, excess_price, ..Terms::money(amount, price) }
    }
}

impl Tolling {
    /// Steam, where any comes back.
    fn steam_leg(&self, m: &mut Model, heat: &Param) -> Option<Leg> {
        match (&self.steam, self.steam_efficiency) {
            (Some(node), Some(share)) => {
                let ratio = heat * share / m.energy_content(node);
                Some(Leg { node: node.clone(), ratio })
            }
            (Some(node), None) => {
                let message =
                    "steam comes back, but not how much; add `steam_efficiency`, such as \"30 %\"";
                m.error(crate::diagnostic::Diagnostic::error(node.span, message));
                None
            }
            (None, Some(_)) => {
                let message = "`steam_efficiency` needs `steam`: the node at which it comes back";
                m.error(crate::diagnostic::Diagnostic::nowhere(message));
                None
            }
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{check_alone, mistakes};

    const SITE: &str = r#"
        [site]
        name = "test"
        [horizon]
        start = "2025-01-01 00:00"
        end = "2025-01-01 02:00"
        step = "1 h"
        [party.power]
        name = "Power company"
        [party.steel]
        name = "Steelworks"
        [carrier.gas]
        measure = "volume"
        heating_value = "7.2 MJ/Nm3"
        [carrier.steam]
        measure = "mass"
        enthalpy = "2.88 GJ/t"
        [carrier.electricity]
        measure = "energy"
        [fuel_supply.furnace]
        owner = "steel"
        carrier = "gas"
        fixed = "25 kNm3/h"
        [flare.stack]
        owner = "steel"
        gas = "gas"
        [converter.plant]
        owner = "power"
        capacity = "60 kNm3/h"
        capacity_at = "gas"
        takes = { gas = 1 }
        gives = { electricity = "0.8 MWh/kNm3", steam = "0.5 t/kNm3" }
        burns = ["gas"]
        [vent.vent]
        owner = "power"
        carrier = "steam"
        [grid_connection.market]
        owner = "power"
        export_price = "20 EUR/MWh"
        [grid_connection.works_grid]
        owner = "steel"
        import_price = "80 EUR/MWh"
        [demand.mill]
        owner = "steel"
        carrier = "electricity"
        amount = "30 MW"
        [tolling.toll]
        toller = "steel"
        operator = "power"
        gas = "gas"
        capacity = "10 kNm3/h"
        efficiency = "35 %"
        fee = "5 EUR/MWh"
    "#;

    /// Proves: 10 kNm3 of 2 MWh each owe 7 MWh, which are worth 80 and cost 5. Steel, an hour:
    /// 23 · 80 + 35 = 1875. The plant makes 8 MWh of it and sells 1 at 20: −35 − 20 = −55. Together all
    /// 25 kNm3 make 20 MWh: 10 · 80 = 800.
    /// Sensitivity: without the heating value 3.5 MWh would come back.
    #[test]
    fn gas_comes_back_as_power() {
        let quantities: &[(&str, &[f64])] = &[("toll", &[10.0, 10.0])];
        check_alone(SITE, &[-110.0, 3750.0], 1600.0, quantities);
    }

    /// Proves: with 16 % of 20 MW as steam of 0.8 MWh/t, 4 t come back, and 4 t bought at 10 are
    /// spared; the plant makes 5 t of it. Steel: (1875 + 0) · 2. Without it: (1875 + 40) · 2.
    /// Sensitivity: counted as energy, 3.2 would come back, and 8 EUR an hour remain.
    #[test]
    fn steam_comes_back_by_its_heat() {
        let users = "[fuel_supply.steam_from_outside]\nowner = \"steel\"\ncarrier = \"steam\"\nprice = \"10 EUR/t\"\n\
            [demand.dryer]\nowner = \"steel\"\ncarrier = \"steam\"\namount = \"4 t/h\"\n";
        let with = SITE.replace("fee = ", "steam = \"steam\"\nsteam_efficiency = \"16 %\"\nfee = ");
        check_alone(&format!("{SITE}{users}"), &[-110.0, 3830.0], 1600.0, &[]);
        check_alone(&format!("{with}{users}"), &[-110.0, 3750.0], 1600.0, &[]);
    }

    /// Proves: steam without how much, and how much without steam, are told.
    /// Sensitivity: either would be left out in silence.
    #[test]
    fn steam_needs_both_fields() {
        let node = mistakes(&format!("{SITE}steam = \"steam\""));
        assert!(node.contains("add `steam_efficiency`"), "{node}");
        let share = mistakes(&format!("{SITE}steam_efficiency = 0.2"));
        assert!(share.contains("`steam_efficiency` needs `steam`"), "{share}");
    }
}
