//! Kinds of a steelworks. Generic kinds never name them.

use crate::component::Kind;

mod firing;
mod per_tonne;
mod reheating;

super::list_of_kinds! {
    /// Kinds of a steelworks.
    STEEL:
    coke_oven::CokeOven,
    sinter_plant::SinterPlant,
    blast_furnace::BlastFurnace,
    oxygen_converter::OxygenConverter,
    arc_furnace::ArcFurnace,
    direct_reduction::DirectReduction,
    reheating_furnace::ReheatingFurnace,
    rolling_mill::RollingMill,
    mixing_station::MixingStation,
    air_separation::AirSeparation,
    gas_holder::GasHolder,
}
