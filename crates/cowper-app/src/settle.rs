//! The folder of an agreement, and the statements that are made from it and verified.

mod page;

use std::path::{Path, PathBuf};

use cowper::diagnostic::{Diagnostic, render};
use cowper::records::{RecordKind, sha256};
use cowper::settlement::{
    Agreed, Agreement, Case, Closing, Finality, MeterContext, Month, Plan, Scope, Statement,
    StatementInput, Terms, first_difference, read_costs, read_meters, read_plan,
};

use crate::cli::SettleArguments;
use crate::{Failure, files, print, records};

/// The file of what was agreed.
const AGREEMENT: &str = "agreement.json";

/// The file of the plan.
const PLAN: &str = "plan.csv";

/// Meters to fill in: the columns that are asked for and the times of the first month.
const TEMPLATE: &str = "meters-template.csv";

/// The statement as a whole.
const STATEMENT: &str = "statement.json";

/// Writes the folder of an agreement: plan.csv, agreement.json with the plan's hash, and their records.
pub fn write_agreement(folder: &Path, agreement: Agreement, plan: &Plan) -> Result<(), Failure> {
    let shown = folder.join(AGREEMENT).display().to_string();
    let mut agreed = agreement.check(&shown).map_err(|found| mistakes(&found))?;
    let template = plan.meters_template(&agreed);
    let plan = plan.to_csv(&agreed).into_bytes();
    read_plan(&folder.join(PLAN).display().to_string(), &plan, &agreed)
        .map_err(|found| mistakes(&found))?;
    agreed.agreement.plan_sha256 = sha256(&plan);
    let text = agreed
        .agreement
        .to_json()
        .map_err(|e| Failure::file(format!("error: {AGREEMENT} cannot be made: {e}")))?;
    files::make_folder(folder)?;
    files::write(&folder.join(PLAN), &plan)?;
    files::write(&folder.join(TEMPLATE), template.as_bytes())?;
    files::write(&folder.join(AGREEMENT), text.as_bytes())?;
    records::append(
        folder,
        &[(RecordKind::Plan, PLAN, &plan), (RecordKind::Agreement, AGREEMENT, text.as_bytes())],
    )
}

/// Where the inputs of a statement are.
struct Sources {
    folder: PathBuf,
    meters: PathBuf,
    costs: Option<PathBuf>,
    previous: Option<PathBuf>,
}

/// A file that was read: its role in the statement and its bytes.
struct Source {
    role: &'static str,
    kind: RecordKind,
    path: PathBuf,
    bytes: Vec<u8>,
}

/// Every input of a statement, read and understood.
struct Inputs {
    agreed: Agreed,
    plan: Plan,
    files: Vec<Source>,
}

/// What is to be settled, and the names under which the inputs are stated.
struct Order<'a> {
    month: &'a str,
    closing: bool,
    stated: Vec<StatementInput>,
}

/// Settles a month, or verifies a statement.
pub fn settle(arguments: &SettleArguments) -> Result<(), Failure> {
    if let Some(statement) = &arguments.verify {
        return verify(statement, arguments);
    }
    let (Some(folder), Some(meters), Some(month)) =
        (&arguments.dir, &arguments.meters, &arguments.month)
    else {
        return Err(Failure::input("error: settling needs DIR, --meters FILE and --month M"));
    };
    if arguments.costs.is_some() && !arguments.closing {
        return Err(Failure::input(
            "error: --costs is for the true-up at the end; add --final, or leave it out",
        ));
    }
    let named = folder;
    let folder = &records::agreement_of(named);
    if !folder.join(AGREEMENT).is_file() {
        return Err(Failure::file(format!(
            "error: {} holds no {AGREEMENT}, and neither does the folder sharing/agreement beside a site; make one with `cowper share SITE` and name its folder",
            named.display()
        )));
    }
    let sources = Sources {
        folder: folder.clone(),
        meters: meters.clone(),
        costs: arguments.costs.clone(),
        previous: arguments.previous.clone(),
    };
    let inputs = read(&sources)?;
    as_recorded(folder, &inputs)?;
    let out = arguments.out.clone().unwrap_or_else(|| folder.join("statements").join(month));
    // The name of the folder is settled before it is made, so that a mistake leaves nothing behind.
    let stated = inputs
        .files
        .iter()
        .map(|file| {
            Ok(StatementInput {
                role: file.role.to_owned(),
                file: relative(&out, &file.path)?,
                sha256: sha256(&file.bytes),
            })
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let order = Order { month, closing: arguments.closing, stated };
    let statement = make(&inputs, order)?;
    let bytes = json(&statement)?;
    stands_apart(&out, &bytes)?;
    follows_the_last(folder, &inputs, (month, &bytes))?;
    write(&out, &statement, &bytes)?;
    record(folder, &inputs, (&out, &bytes))?;
    print(&told(&statement, &out))
}

/// Reads every input and what the agreement says of them.
fn read(sources: &Sources) -> Result<Inputs, Failure> {
    let file = |role, kind, path: PathBuf| -> Result<Source, Failure> {
        let bytes = files::read(&path)?;
        Ok(Source { role, kind, path, bytes })
    };
    let mut all = vec![
        file("agreement", RecordKind::Agreement, sources.folder.join(AGREEMENT))?,
        file("plan", RecordKind::Plan, sources.folder.join(PLAN))?,
        file("meters", RecordKind::Inputs, sources.meters.clone())?,
    ];
    for (role, kind, path) in [
        ("costs", RecordKind::Inputs, &sources.costs),
        ("previous", RecordKind::Statement, &sources.previous),
    ] {
        if let Some(path) = path {
            all.push(file(role, kind, path.clone())?);
        }
    }
    let shown = |source: &Source| source.path.display().to_string();
    let agreed =
        Agreement::read(&shown(&all[0]), &all[0].bytes).map_err(|found| mistakes(&found))?;
    let hash = sha256(&all[1].bytes);
    if hash != agreed.agreement.plan_sha256 {
        return Err(Failure::input(format!(
            "error: {} is not the plan that was agreed on: its SHA-256 is {hash}, the agreement says {}; bring back the plan, or agree anew",
            shown(&all[1]),
            agreed.agreement.plan_sha256
        )));
    }
    let plan =
        read_plan(&shown(&all[1]), &all[1].bytes, &agreed).map_err(|found| mistakes(&found))?;
    Ok(Inputs { agreed, plan, files: all })
}

/// Settles what was read.
fn make(inputs: &Inputs, order: Order) -> Result<Statement, Failure> {
    let Inputs { agreed, plan, files } = inputs;
    let of = |role: &str| files.iter().find(|f| f.role == role);
    let month = Month::of(order.month, &agreed.horizon)
        .map_err(|e| Failure::input(format!("error: --month: {e}")))?;
    let Some(metered) = of("meters") else {
        return Err(Failure::input("error: there are no meters; give --meters FILE"));
    };
    let shown = metered.path.display().to_string();
    let context = MeterContext { agreed, plan, month: &month };
    let (meters, doubts) =
        read_meters(&shown, &metered.bytes, context).map_err(|found| mistakes(&found))?;
    crate::say(&render(&doubts, &shown, ""));
    let closing = match (order.closing, of("costs")) {
        (false, _) => Closing::Open,
        (true, None) => Closing::ByAgreement,
        (true, Some(costs)) => Closing::ByCosts(
            read_costs(&costs.path.display().to_string(), &costs.bytes, agreed)
                .map_err(|found| mistakes(&found))?,
        ),
    };
    let previous = of("previous").map(|file| {
        Statement::read(&file.bytes).map_err(|e| {
            Failure::input(format!(
                "error: {} is no statement that can be read: {e}; give the statement.json of the month",
                file.path.display()
            ))
        })
    });
    let terms = Terms { inputs: order.stated, previous: previous.transpose()?, closing };
    let case = Case { agreed, plan, meters: &meters, month: &month };
    cowper::settlement::settle(&case, &terms).map_err(|found| mistakes(&found))
}

/// Agreement, plan, meters and costs are as they were recorded, if they were.
fn as_recorded(folder: &Path, inputs: &Inputs) -> Result<(), Failure> {
    let mut named = Vec::new();
    for file in inputs.files.iter().filter(|file| file.kind != RecordKind::Statement) {
        named.push((file.kind, relative(folder, &file.path)?, file.bytes.as_slice()));
    }
    let entries: Vec<records::File> =
        named.iter().map(|(kind, name, bytes)| (*kind, name.as_str(), *bytes)).collect();
    let changed = records::changed(folder, &entries)?;
    if changed.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = changed.iter().map(|c| format!("error: {c}")).collect();
    Err(Failure::input(format!(
        "{}\nbring back the recorded file, and give one that corrects it another name; another plan has to be agreed on anew",
        lines.join("\n")
    )))
}

/// Where a month was settled before, another statement of it corrects the last one, as it was recorded.
fn follows_the_last(
    folder: &Path,
    inputs: &Inputs,
    (month, bytes): (&str, &[u8]),
) -> Result<(), Failure> {
    let previous = inputs.files.iter().find(|file| file.role == "previous");
    let corrects = previous.map(|file| sha256(&file.bytes));
    let new = sha256(bytes);
    let chain = records::chain(folder)?;
    let statements = || chain.iter().filter(|record| record.kind == RecordKind::Statement);
    if let (Some(previous), Some(hash)) = (previous, &corrects)
        && !statements().any(|record| record.payload == *hash)
    {
        return Err(Failure::input(format!(
            "error: {} was never recorded as a statement of this agreement, or was changed since; give the statement.json that was given out",
            previous.path.display()
        )));
    }
    let of_month = |name: &str| {
        let read = files::read(&folder.join(name)).ok();
        read.and_then(|bytes| Statement::read(&bytes).ok()).is_some_and(|s| s.month == month)
    };
    let mut last = statements().filter(|record| of_month(&record.name)).collect::<Vec<_>>();
    // The same statement once more changes nothing.
    if last.iter().any(|record| record.payload == new) {
        return Ok(());
    }
    match last.pop() {
        Some(last) if corrects.as_ref() != Some(&last.payload) => Err(Failure::input(format!(
            "error: {month} was settled by {}, and this would say something else; correct it with --previous {}, the last one of the month",
            last.name,
            folder.join(&last.name).display()
        ))),
        _ => Ok(()),
    }
}

/// A statement that was given out is not written over by another one.
fn stands_apart(out: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let path = out.join(STATEMENT);
    if path.exists() && files::read(&path)? != bytes {
        return Err(Failure::file(format!(
            "error: {} is there already and says something else; give --previous {} and another --out for a correction, or remove it if it was never given out",
            path.display(),
            path.display()
        )));
    }
    Ok(())
}

/// Writes the tables and pages of each party, and the statement last: it says that the rest is whole.
fn write(out: &Path, statement: &Statement, bytes: &[u8]) -> Result<(), Failure> {
    files::make_folder(out)?;
    for (index, party) in statement.parties.iter().enumerate() {
        let table = statement.to_csv(index).unwrap_or_default();
        files::write(&out.join(format!("statement-{}.csv", party.key)), table.as_bytes())?;
        let page = page::render(statement, party, &sha256(bytes));
        files::write(&out.join(format!("statement-{}.html", party.key)), page.as_bytes())?;
    }
    files::write(&out.join(STATEMENT), bytes)
}

/// Records inputs and statement.
fn record(folder: &Path, inputs: &Inputs, (out, bytes): (&Path, &[u8])) -> Result<(), Failure> {
    let mut named = Vec::new();
    for file in &inputs.files {
        named.push((file.kind, relative(folder, &file.path)?, file.bytes.as_slice()));
    }
    named.push((RecordKind::Statement, relative(folder, &out.join(STATEMENT))?, bytes));
    let entries: Vec<records::File> =
        named.iter().map(|(kind, name, bytes)| (*kind, name.as_str(), *bytes)).collect();
    records::append(folder, &entries)
}

fn json(statement: &Statement) -> Result<Vec<u8>, Failure> {
    statement
        .to_json()
        .map_err(|e| Failure::file(format!("error: {STATEMENT} cannot be made: {e}")))
}

/// What the user is told of a statement.
fn told(statement: &Statement, out: &Path) -> String {
    let status = match statement.status {
        Finality::Provisional => "provisional: estimated values remain",
        Finality::Final => "final",
    };
    let mut lines = vec![format!("{}, {}: {status}", statement.site, statement.month)];
    for party in &statement.parties {
        lines.push(format!(
            "  {:<14}{:>18} {}",
            party.name,
            party.total.to_string(),
            statement.currency
        ));
        if party.already_charged.is_some() {
            lines.push(format!(
                "    {:<12}{:>18} {}",
                "due now",
                party.due.to_string(),
                statement.currency
            ));
        }
    }
    lines.extend(statement.remarks.iter().map(|r| format!("  {r}")));
    lines.push("  charged where positive, credited where negative; together nought".into());
    lines.push(format!("  statements in {}", out.display()));
    lines.join("\n") + "\n"
}

fn mistakes(found: &[Diagnostic]) -> Failure {
    Failure::input(format!("{}nothing was settled", render(found, "", "")))
}

/// Recomputes a statement from its inputs and says the first figure that differs.
fn verify(path: &Path, arguments: &SettleArguments) -> Result<(), Failure> {
    let bytes = files::read(path)?;
    let shown = path.display();
    let stated = Statement::read(&bytes).map_err(|e| {
        Failure::input(format!("error: {shown} is no statement as it was written: {e}"))
    })?;
    let sources = stated_sources(path, &stated, arguments)?;
    let cannot =
        |failure: Failure| failure.before(&format!("{shown} cannot be recomputed as it states:\n"));
    let inputs = read(&sources).map_err(cannot)?;
    let mut wrong: Vec<String> =
        inputs.files.iter().filter_map(|file| changed(file, &stated)).collect();
    let order = Order {
        month: &stated.month,
        closing: stated.scope == Scope::Year,
        stated: stated.inputs.iter().map(|input| as_found(input, &inputs)).collect(),
    };
    let recomputed =
        json(&make(&inputs, order).map_err(|f| f.before(&wrong.join("\n"))).map_err(cannot)?)?;
    if let Some(difference) = first_difference(&bytes, &recomputed) {
        wrong.push(format!("error: {shown}: first difference: {difference}"));
    }
    if !wrong.is_empty() {
        return Err(Failure::input(wrong.join("\n")));
    }
    print(&format!(
        "{shown}: recomputed from {} inputs, the same to the last byte\n  sha256 {}\n",
        inputs.files.len(),
        sha256(&bytes)
    ))
}

/// Where the inputs of a statement are: where it says, as seen from its folder, or where the user says.
fn stated_sources(
    path: &Path,
    stated: &Statement,
    arguments: &SettleArguments,
) -> Result<Sources, Failure> {
    let shown = path.display();
    let beside = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let stated_at =
        |role: &str| stated.inputs.iter().find(|i| i.role == role).map(|i| beside.join(&i.file));
    let missing = |role: &str| {
        Failure::input(format!(
            "error: {shown} names no {role}; it is no statement as it was written"
        ))
    };
    let folder = match &arguments.agreement {
        Some(folder) => folder.clone(),
        None => {
            let file = stated_at("agreement").ok_or_else(|| missing("agreement"))?;
            file.parent().unwrap_or(Path::new(".")).to_path_buf()
        }
    };
    let meters = arguments.meters.clone().or_else(|| stated_at("meters"));
    Ok(Sources {
        folder,
        meters: meters.ok_or_else(|| missing("meters"))?,
        costs: arguments.costs.clone().or_else(|| stated_at("costs")),
        previous: arguments.previous.clone().or_else(|| stated_at("previous")),
    })
}

/// An input as the statement names it, with the hash of what was found.
fn as_found(stated: &StatementInput, inputs: &Inputs) -> StatementInput {
    let found = inputs.files.iter().find(|f| f.role == stated.role);
    StatementInput { sha256: found.map_or(String::new(), |f| sha256(&f.bytes)), ..stated.clone() }
}

/// Whether an input is not the one that the statement was made from.
fn changed(file: &Source, stated: &Statement) -> Option<String> {
    let said = stated.inputs.iter().find(|i| i.role == file.role);
    let now = sha256(&file.bytes);
    let said = said.map_or("nothing", |i| i.sha256.as_str());
    (said != now).then(|| {
        format!(
            "error: {} ({}) is not what the statement was made from: stated SHA-256 {said}, now {now}",
            file.path.display(),
            file.role
        )
    })
}

/// A path as seen from a folder, with `/`; the folder need not be there yet.
fn relative(folder: &Path, path: &Path) -> Result<String, Failure> {
    let whole = |path: &Path| {
        std::path::absolute(path).map_err(|e| {
            Failure::file(format!("error: {} is no path that can be used: {e}", path.display()))
        })
    };
    let parts = |path: &Path| -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        for part in path.components() {
            match part {
                std::path::Component::ParentDir => {
                    parts.pop();
                }
                std::path::Component::CurDir => {}
                other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
            }
        }
        parts
    };
    let (from, to) = (parts(&whole(folder)?), parts(&whole(path)?));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), from.len() - common);
    let all: Vec<String> = up.chain(to[common..].iter().cloned()).collect();
    Ok(all.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: a folder that is written is one that is settled: read back, its hash right, recorded once.
    /// Sensitivity: a plan that is written otherwise than it is hashed would be refused when read.
    #[test]
    fn an_agreement_is_written_as_it_is_read() {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/agreement");
        let sources = |folder: &Path| Sources {
            folder: folder.to_path_buf(),
            meters: from.join("meters-2025-03.csv"),
            costs: None,
            previous: None,
        };
        let given = read(&sources(&from)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        write_agreement(folder.path(), given.agreed.agreement.clone(), &given.plan).unwrap();
        write_agreement(folder.path(), given.agreed.agreement.clone(), &given.plan).unwrap();
        let again = read(&sources(folder.path())).unwrap();
        assert_eq!((again.agreed, again.plan), (given.agreed, given.plan));
        assert_eq!(records::chain(folder.path()).unwrap().len(), 2);
        records::verify(folder.path()).unwrap();
    }

    /// Proves: a path is told from another folder, also one that is not there.
    #[test]
    fn paths_are_told_from_a_folder() {
        for (folder, path, told) in
            [("a/b", "a/c.csv", "../c.csv"), ("a", "a/./b/../c", "c"), ("a/b/c", "a", "../..")]
        {
            assert_eq!(relative(Path::new(folder), Path::new(path)).unwrap(), told);
        }
    }
}
