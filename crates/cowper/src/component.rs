//! What a component is, and what a kind says of itself.

use std::fmt;

use crate::field::{FieldDoc, Record, TableReader};
use crate::model::Model;

/// Something that takes from and gives to nodes.
pub trait Component: fmt::Debug + Send + Sync {
    /// Writes its variables, flows, equations and costs.
    fn equations(&self, m: &mut Model);
}

/// Name and page of a kind. Derived with `Kind` from a struct's name and doc comment.
pub trait Documented {
    /// The name of its table in the site file.
    const NAME: &'static str;
    /// Its page: what it is, equations, an example that runs.
    const DOC: &'static str;
}

/// A kind of component, or of another thing that has a table: an entry of the list.
pub struct Kind<T: ?Sized = dyn Component> {
    /// The name of its table in the site file.
    pub name: &'static str,
    /// Its page.
    pub doc: &'static str,
    /// Its fields.
    pub fields: fn() -> Vec<FieldDoc>,
    /// Reads one from its table.
    pub read: fn(&mut TableReader) -> Option<Box<T>>,
}

impl<T: ?Sized> fmt::Debug for Kind<T> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Kind {
    /// The entry of a kind.
    pub const fn of<K: Component + Documented + Record + 'static>() -> Kind {
        Kind {
            name: K::NAME,
            doc: K::DOC,
            fields: K::fields,
            read: |reader| K::read_record(reader).map(|k| Box::new(k) as Box<dyn Component>),
        }
    }
}

impl<T: ?Sized> Kind<T> {
    /// Its first sentence.
    pub fn summary(&self) -> &'static str {
        self.doc.split("\n\n").next().unwrap_or_default()
    }

    /// The complete site of its example.
    pub fn example(&self) -> &'static str {
        let start = self.doc.find("```toml\n").map_or(0, |i| i + "```toml\n".len());
        let rest = &self.doc[start..];
        &rest[..rest.find("```").unwrap_or(rest.len())]
    }
}
