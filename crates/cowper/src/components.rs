//! The kinds: the table of contents of what a site can be made of. One line a kind.

use crate::component::Kind;

/// Declares the kinds of a folder: `file::Struct`.
macro_rules! list_of_kinds {
    ($(#[$doc:meta])* $list:ident: $($file:ident::$kind:ident,)*) => {
        $(pub mod $file;)*
        $(#[$doc])*
        pub const $list: &[Kind] = &[$(Kind::of::<$file::$kind>()),*];
    };
}

pub(crate) use list_of_kinds;

pub mod steel;

list_of_kinds! {
    /// Kinds of any site: the outside world, power and heat.
    GENERIC:
    grid_connection::GridConnection,
    fuel_supply::FuelSupply,
    demand::Demand,
    flare::Flare,
    vent::Vent,
    photovoltaic::Photovoltaic,
    wind_turbine::WindTurbine,
    thermal_unit::ThermalUnit,
    nuclear_unit::NuclearUnit,
    boiler::Boiler,
    steam_turbine::SteamTurbine,
    combined_cycle::CombinedCycle,
    heat_pump::HeatPump,
    electric_boiler::ElectricBoiler,
    electrolyser::Electrolyser,
    battery::Battery,
    tank::Tank,
    let_down::LetDown,
    line::Line,
    converter::Converter,
}

/// All kinds.
pub fn kinds() -> impl Iterator<Item = &'static Kind> {
    GENERIC.iter().chain(steel::STEEL)
}
