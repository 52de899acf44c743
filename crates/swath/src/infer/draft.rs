use std::collections::BTreeSet;

use super::columns::{Columns, Sample};
use super::dates::Dates;
use super::roles::{Naming, Role, Roles};
use crate::plan_file::Pattern;

/// A dataset as first understood: its pattern in pieces, and the place of each file.
#[derive(Debug, Clone)]
pub(super) struct Draft<'s> {
    pub pieces: Vec<Piece>,
    /// Endings of the files, each a pattern of its own: `.tif` and `.TIF`.
    pub tails: Vec<String>,
    pub members: Vec<Member<'s>>,
    pub naming: Naming,
    pub dates: When,
    pub identity: Vec<String>,
    /// Words that `{variable}` may be, where it must be told so.
    pub only: Option<BTreeSet<String>>,
}

/// A stretch of the pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub separator: String,
    pub role: Role,
    /// What stands there, for a literal.
    pub text: String,
    pub level: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Member<'s> {
    pub sample: &'s Sample,
    pub variable: String,
    /// Identity without the date.
    pub key: Vec<String>,
    pub date: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Neither names nor time axes tell.
    Unknown,
    Captured,
    Between,
    Axis,
}

impl<'s> Draft<'s> {
    pub(super) fn of(table: &Columns<'s>, roles: &Roles) -> Self {
        let has_axis = table.samples.iter().any(|s| s.facts.as_ref().is_some_and(|f| f.has_time_axis));
        let dates = match &roles.dates {
            _ if has_axis => When::Axis,
            Dates::None => When::Unknown,
            Dates::One(_) => When::Captured,
            Dates::Between(..) => When::Between,
        };
        let mut pieces: Vec<Piece> = Vec::new();
        for column in 0..table.width() {
            let (role, level) = (roles.columns[column].clone(), table.levels[column]);
            let joins = matches!(&role, Role::Text(_) | Role::Any) && pieces.last().is_some_and(|p| p.role == role && p.level == level);
            if !joins {
                pieces.push(Piece { separator: table.separators[column].clone(), text: table.values[column][0].clone(), role, level });
            }
        }
        let members = (0..table.len()).map(|row| member(table, roles, row)).collect();
        let draft = Self {
            pieces,
            tails: table.tails.iter().cloned().collect(),
            members,
            naming: roles.naming.clone(),
            dates,
            identity: roles.identity.clone(),
            only: None,
        };
        draft.checked()
    }

    pub(super) fn patterns(&self) -> Vec<String> {
        let stem = self.stem();
        self.tails.iter().map(|tail| format!("{stem}{}", escape(tail))).collect()
    }

    /// The patterns, ready to match.
    pub(super) fn matchers(&self) -> Vec<Pattern> {
        self.patterns().iter().filter_map(|p| Pattern::parse(p).ok()).collect()
    }

    fn stem(&self) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            out.push_str(&escape(&piece.separator));
            match &piece.role {
                Role::Literal => out.push_str(&escape(&piece.text)),
                Role::Any => out.push('*'),
                Role::Date { name, format } => out.push_str(&format!("{{{name}:{format}}}")),
                Role::Text(name) => match self.only.as_ref().filter(|_| name == "variable") {
                    Some(words) => out.push_str(&format!("{{variable:{}}}", words.iter().cloned().collect::<Vec<_>>().join("|"))),
                    None => out.push_str(&format!("{{{name}}}")),
                },
            }
        }
        out
    }

    pub(super) fn variables(&self) -> BTreeSet<String> {
        self.members.iter().map(|m| m.variable.clone()).collect()
    }

    /// Whether its pattern reads each of its files as understood.
    pub(super) fn reads_its_files(&self) -> bool {
        let matchers = self.matchers();
        self.members.iter().all(|m| {
            let Some(captures) = matchers.iter().find_map(|p| p.captures(&m.sample.rel)) else { return false };
            let same_variable = self.naming != Naming::Captured || captures.text("variable") == Some(&m.variable);
            let key: Vec<&str> = self.identity.iter().filter_map(|n| captures.text(n)).collect();
            same_variable && key == m.key && captures.text("date").unwrap_or(&m.date) == m.date
        })
    }

    /// This draft, told more exactly where its pattern reads its own files wrongly.
    fn checked(self) -> Self {
        if self.reads_its_files() {
            return self;
        }
        let told = self.clone().told_variables();
        if told.reads_its_files() {
            return told;
        }
        let file_level = self.pieces.last().map_or(0, |p| p.level);
        let mut loose = self.clone();
        for piece in loose.pieces.iter_mut().filter(|p| p.level < file_level) {
            let again = self.pieces.iter().any(|p| p.level == file_level && p.role == piece.role);
            if again && matches!(piece.role, Role::Text(_)) {
                piece.role = Role::Any;
            }
        }
        if loose.reads_its_files() { loose } else { loose.told_variables() }
    }

    /// `{variable:b1|b2}` in place of `{variable}`.
    pub(super) fn told_variables(mut self) -> Self {
        if self.naming == Naming::Captured {
            self.only = Some(self.variables());
        }
        self
    }
}

fn member<'s>(table: &Columns<'s>, roles: &Roles, row: usize) -> Member<'s> {
    let text_of = |name: &str| {
        let mut out = String::new();
        let mut last: Option<usize> = None;
        for (column, role) in roles.columns.iter().enumerate() {
            if !matches!(role, Role::Text(n) if n == name) {
                continue;
            }
            match last {
                None => {}
                Some(before) if before + 1 == column && table.levels[before] == table.levels[column] => {
                    out.push_str(&table.separators[column])
                }
                Some(_) => break,
            }
            out.push_str(&table.values[column][row]);
            last = Some(column);
        }
        out
    };
    let variable = match &roles.naming {
        Naming::Captured => text_of("variable"),
        Naming::Fixed(name) => name.clone(),
        Naming::Rasters => String::new(),
    };
    let date = match &roles.dates {
        Dates::None => String::new(),
        Dates::One(date) => date.stamps[row].canonical(),
        Dates::Between(a, b) => format!("{}_{}", a.stamps[row].canonical(), b.stamps[row].canonical()),
    };
    let key = roles.identity.iter().map(|n| if n.starts_with("date") { date_text(table, roles, n, row) } else { text_of(n) }).collect();
    Member { sample: table.samples[row], variable, key, date }
}

fn date_text(table: &Columns<'_>, roles: &Roles, name: &str, row: usize) -> String {
    let mut fields = crate::plan_file::DateFields::default();
    for (column, role) in roles.columns.iter().enumerate() {
        if let Role::Date { name: n, format } = role
            && n == name
            && let Some((part, _)) =
                crate::plan_file::DateFormat::parse(format).ok().and_then(|f| f.read(&table.values[column][row]).map(|r| (r.0, ())))
        {
            fields = fields.merged(part).unwrap_or(fields);
        }
    }
    fields.stamp().map_or_else(String::new, |s| s.canonical())
}

pub(super) fn escape(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}
