//! `cowper share`: what working together is worth, and how it can be shared.

mod game;
mod game_file;
mod named;

pub use game::Sharing;

use crate::Failure;
use crate::cli::ShareArguments;

/// Shares the gain of a site or of a bare game.
pub fn share(arguments: &ShareArguments) -> Result<(), Failure> {
    match (&arguments.game, &arguments.site) {
        (Some(file), _) => game::share(file, arguments),
        (None, Some(_)) => Err(Failure::input(
            "error: the gain of a site is not shared yet; `cowper share --game FILE` takes a table of what each coalition is worth",
        )),
        (None, None) => Err(Failure::input(
            "error: there is nothing to share; name a site, or a table of what each coalition is worth with --game FILE",
        )),
    }
}
