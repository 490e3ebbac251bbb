//! The report, to come from its branch.

pub struct Run<'a> {
    pub site: &'a cowper::site::Site,
    pub compiled: &'a cowper::compile::Compiled,
    pub point: &'a cowper::solver::Point,
    pub schedule: &'a cowper::schedule::Schedule,
    pub accounts: &'a cowper::accounts::Accounts,
    pub status: cowper::solver::Status,
    pub made: String,
}

pub fn render(_run: &Run) -> String {
    String::new()
}
