//! The kinds of contracts: the table of contents of what two parties can agree on. One line a kind.

use crate::component::Kind;
use crate::contract::Agreement;

/// Declares the kinds: `file::Struct`.
macro_rules! list_of_contracts {
    ($($file:ident::$kind:ident,)*) => {
        $(pub mod $file;)*
        /// All kinds of contracts.
        pub const CONTRACTS: &[Kind<dyn Agreement>] = &[$(Kind::agreement::<$file::$kind>()),*];
    };
}

list_of_contracts! {
    power_purchase::PowerPurchase,
    tolling::Tolling,
    supply_contract::SupplyContract,
    contract_for_difference::ContractForDifference,
    capacity_fee::CapacityFee,
}
