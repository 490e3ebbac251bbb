//! `cowper share`: what working together is worth, and how it can be shared.

mod books;
mod file;
mod game;
mod game_file;
mod named;
mod page;
mod site;

pub use file::ShareFile;
pub use game::Sharing;

use crate::Failure;
use crate::cli::ShareArguments;

/// Shares the gain of a site or of a bare game.
pub fn share(arguments: &ShareArguments) -> Result<(), Failure> {
    match (&arguments.game, &arguments.site) {
        (Some(file), _) => game::share(file, arguments),
        (None, Some(path)) => site::share(path, arguments),
        (None, None) => Err(Failure::input(
            "error: there is nothing to share; name a site, or a table of what each coalition is worth with --game FILE",
        )),
    }
}
