use super::columns::Columns;
use super::dates::{self, DateColumn, Dates};
use super::shape::{Shape, counts_places, is_tile_word};

/// What a column of a table of names is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    Literal,
    /// Varies, and means nothing for the lattice.
    Any,
    Text(String),
    Date {
        name: String,
        format: &'static str,
    },
}

/// Where a dataset's variable is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Naming {
    /// By the name's `{variable}`.
    Captured,
    /// By nothing that varies; this word names it.
    Fixed(String),
    /// By the rasters inside NetCDF files.
    Rasters,
}

/// A table with each of its columns understood.
#[derive(Debug, Clone)]
pub(super) struct Roles {
    pub columns: Vec<Role>,
    pub dates: Dates,
    pub naming: Naming,
    /// Names that make an item's identity, in order, without the date.
    pub identity: Vec<String>,
}

/// Works out the part each column plays.
pub(super) fn assign(table: &Columns<'_>) -> Roles {
    let has_axis = table.samples.iter().any(|s| s.facts.as_ref().is_some_and(|f| f.has_time_axis));
    let has_rasters = table.samples.iter().any(|s| s.facts.as_ref().is_some_and(|f| !f.rasters.is_empty()));
    let candidates = dates::candidates(table);
    let (chosen, same, others) = if has_axis { (Dates::None, Vec::new(), candidates) } else { dates::choose(&candidates) };
    let mut roles = Roles { columns: vec![Role::Literal; table.width()], dates: chosen, naming: Naming::Rasters, identity: Vec::new() };
    let mut dated = roles.mark_dates(&same);
    let mut determining = dated.clone();
    if has_axis {
        for column in others.iter().flat_map(|d| &d.parts).map(|p| p.0) {
            roles.columns[column] = if table.varies(column) { Role::Any } else { Role::Literal };
            dated.push(column);
            determining.push(column);
        }
    }
    let spare: Vec<&DateColumn> =
        if has_axis { Vec::new() } else { others.iter().filter(|d| d.parts.iter().any(|p| table.varies(p.0))).collect() };
    for (i, date) in spare.iter().enumerate() {
        for (column, format) in &date.parts {
            roles.columns[*column] = Role::Date { name: format!("date{}", i + 2), format };
            dated.push(*column);
        }
    }
    let open: Vec<usize> = (0..table.width()).filter(|c| table.varies(*c) && !dated.contains(c) && first_alike(table, *c) == *c).collect();
    let variable = if has_rasters { raster_column(table, &open) } else { variable_column(table, &open) };
    let rest: Vec<usize> = open.iter().copied().filter(|c| Some(*c) != variable).collect();
    let tiles = tile_columns(table, &rest, &determining, variable);
    let taken: Vec<usize> = dated.iter().chain(&variable).copied().collect();
    roles.mark_tiles(table, &tiles, &taken);
    if let Some(v) = variable {
        roles.columns[v] = Role::Text("variable".into());
        roles.naming = if has_rasters { Naming::Rasters } else { Naming::Captured };
    }
    let known: Vec<usize> = tiles.iter().chain(&determining).copied().collect();
    roles.mark_rest(table, &rest, &known, variable);
    for (i, date) in spare.iter().enumerate() {
        if !date.parts.iter().all(|p| table.is_determined(p.0, &known)) {
            roles.identity.push(format!("date{}", i + 2));
        }
    }
    for column in 0..table.width() {
        let first = first_alike(table, column);
        if first != column && table.varies(column) && !dated.contains(&column) {
            roles.columns[column] = roles.columns[first].clone();
        }
    }
    if variable.is_none() && !has_rasters {
        roles.name_variable(table, &dated);
    }
    roles
}

/// The first column with the same values in all rows.
fn first_alike(table: &Columns<'_>, column: usize) -> usize {
    (0..column).find(|c| table.values[*c] == table.values[column]).unwrap_or(column)
}

/// The column that tells variables apart, where one does.
pub(super) fn variable_column(table: &Columns<'_>, open: &[usize]) -> Option<usize> {
    let scored = open.iter().map(|c| (variable_score(table, *c), *c)).filter(|(score, _)| *score > 0);
    scored.max_by_key(|(score, c)| (*score, *c)).map(|(_, c)| c)
}

pub(super) fn variable_score(table: &Columns<'_>, column: usize) -> i32 {
    let values = table.distinct(column);
    let others = table.others(column);
    let mut score = Shape::of(&values).like_variable();
    match table.stays(column, &others) {
        Some(true) => score += 5,
        Some(false) => return -100,
        None => {}
    }
    // Values cross with everything else: as many files as places x values, or nearly.
    let places = table.rows_by(&others).len();
    if places * values.len() <= table.len() * 2 {
        score += 1;
    } else if places * values.len() > table.len() * 3 {
        score -= 2;
    }
    if table.levels[column] == table.file_level() && column + 1 == table.width() {
        score += 1;
    }
    if values.len() > 50 {
        score -= 2;
    }
    score + i32::from(kinds_differ(table, column)) * 2
}

/// Each value has one type of its own, and the types differ.
fn kinds_differ(table: &Columns<'_>, column: usize) -> bool {
    let kind = |row: usize| table.samples[row].facts.as_ref().map(|f| f.kind.as_str());
    let groups = table.rows_by(&[column]);
    groups.iter().all(|rows| rows.iter().all(|r| kind(*r).is_some() && kind(*r) == kind(rows[0])))
        && groups.iter().any(|rows| kind(rows[0]) != kind(groups[0][0]))
}

/// For NetCDF: the column whose values are names of rasters inside.
fn raster_column(table: &Columns<'_>, open: &[usize]) -> Option<usize> {
    let names = |column: usize| {
        table.values[column].iter().zip(&table.samples).all(|(v, s)| s.facts.as_ref().is_some_and(|f| f.rasters.iter().any(|r| r == v)))
    };
    open.iter().copied().find(|c| names(*c))
}

/// The columns that tell places apart, in order.
fn tile_columns(table: &Columns<'_>, rest: &[usize], dated: &[usize], variable: Option<usize>) -> Vec<usize> {
    let score = |c: usize| {
        let moves = match table.stays(c, &table.others(c)) {
            Some(true) => -8,
            Some(false) => 8,
            None => 0,
        };
        moves + Shape::of(&table.distinct(c)).like_tile() * 2 + i32::from(table.distinct(c).len() > 2)
    };
    let mut ranked: Vec<(i32, usize)> = rest.iter().map(|c| (score(*c), *c)).collect();
    ranked.sort_by_key(|(score, c)| (-score, *c));
    let mut tiles: Vec<usize> = Vec::new();
    for (score, column) in ranked {
        if score < 0 || (score <= 1 && !tiles.is_empty()) || variable.is_some_and(|v| table.is_determined(column, &[v])) {
            continue;
        }
        let known: Vec<usize> = tiles.iter().chain(dated).chain(&variable).copied().collect();
        let needed = if tiles.is_empty() {
            // One place for all files, and each date told without it: no tile.
            table.place_is_determined(&[]) != Some(true) || !table.is_determined(column, &known)
        } else {
            table.place_is_determined(&tiles) != Some(true) && !table.is_determined(column, &known)
        };
        if needed {
            tiles.push(column);
        }
    }
    prune(table, &mut tiles, dated);
    tiles.sort_unstable();
    tiles
}

/// A tier or a sensor is told by tile and date: it is no part of the tile, unless it stands right beside it.
fn prune(table: &Columns<'_>, tiles: &mut Vec<usize>, dated: &[usize]) {
    let mut by_size = tiles.clone();
    by_size.sort_by_key(|c| table.distinct(*c).len());
    for column in by_size {
        let others: Vec<usize> = tiles.iter().copied().filter(|c| *c != column).collect();
        let beside = others.iter().any(|o| o.abs_diff(column) == 1 && table.levels[*o] == table.levels[column]);
        let known: Vec<usize> = others.iter().chain(dated).copied().collect();
        if !others.is_empty() && !dated.is_empty() && !beside && table.is_determined(column, &known) {
            tiles.retain(|c| *c != column);
        }
    }
}

impl Roles {
    /// Gives the columns of the chosen date their role; returns them.
    fn mark_dates(&mut self, same: &[DateColumn]) -> Vec<usize> {
        let mut marks: Vec<(&DateColumn, &str)> = Vec::new();
        let chosen = self.dates.clone();
        match &chosen {
            Dates::None => {}
            Dates::One(date) => marks.push((date, "date")),
            Dates::Between(start, end) => marks.extend([(start, "start"), (end, "end")]),
        }
        marks.extend(same.iter().map(|d| (d, "date")));
        let mut columns = Vec::new();
        for (date, name) in marks {
            for (column, format) in &date.parts {
                self.columns[*column] = Role::Date { name: name.to_owned(), format };
                columns.push(*column);
            }
        }
        columns
    }

    /// Tiles that stand together, with the constants between them, are one `{tile}`.
    fn mark_tiles(&mut self, table: &Columns<'_>, tiles: &[usize], taken: &[usize]) {
        let constant = |c: usize| !table.varies(c) && !taken.contains(&c);
        let twin =
            |c: usize, of: usize| table.varies(c) && !taken.contains(&c) && table.levels[c] == table.levels[of] && table.are_twins(c, of);
        let digits = |c: usize| Shape::of(&table.distinct(c)) == Shape::Digits;
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for column in tiles {
            match spans.last_mut() {
                Some((_, end)) if table.levels[*end] == table.levels[*column] && (*end + 1..*column).all(constant) => *end = *column,
                _ => spans.push((*column, *column)),
            }
        }
        for (start, end) in &mut spans {
            let near = |a: usize, b: usize| table.levels[a] == table.levels[b] && table.separators[b].chars().count() == 1;
            while *start > 0 && digits(*start) && constant(*start - 1) && digits(*start - 1) && near(*start - 1, *start) {
                *start -= 1;
            }
            while *start > 0 && twin(*start - 1, *start) {
                *start -= 1;
            }
            while *end + 1 < table.width() && twin(*end + 1, *end) {
                *end += 1;
            }
            while *end + 1 < table.width() && digits(*end) && constant(*end + 1) && digits(*end + 1) && near(*end, *end + 1) {
                *end += 1;
            }
        }
        if spans.is_empty() {
            let is_place = |c: usize| Shape::of(&table.distinct(c)) == Shape::Grid && counts_places(&table.values[c][0]);
            spans.extend((0..table.width()).find(|c| constant(*c) && is_place(*c)).map(|c| (c, c)));
        }
        for (i, (start, end)) in spans.iter().enumerate() {
            let name = if i == 0 { "tile".to_owned() } else { format!("tile{}", i + 1) };
            self.columns[*start..=*end].fill(Role::Text(name.clone()));
            self.identity.push(name);
        }
    }

    /// What is neither date nor tile nor variable: part of the variable beside it, a fact about the item, or part of its identity.
    fn mark_rest(&mut self, table: &Columns<'_>, rest: &[usize], known: &[usize], variable: Option<usize>) {
        let mut others = 0;
        for &column in rest {
            if self.columns[column] != Role::Literal {
                continue;
            }
            let with_variable: Vec<usize> = known.iter().chain(&variable).copied().collect();
            let of_item = table.is_determined(column, known);
            let is_variable = |c: usize| table.levels[c] == table.levels[column] && self.columns[c] == Role::Text("variable".into());
            let beside = (column > 0 && is_variable(column - 1)) || (column + 1 < table.width() && is_variable(column + 1));
            let by_variable = variable.is_some_and(|v| table.is_determined(column, &[v]));
            let twin = variable.is_some_and(|v| table.are_twins(column, v));
            if beside && (twin || !(of_item || by_variable)) {
                self.columns[column] = Role::Text("variable".into());
                continue;
            }
            if by_variable || (!of_item && table.is_determined(column, &with_variable)) {
                self.columns[column] = Role::Any;
                continue;
            }
            others += 1;
            let name = if others == 1 { "other".to_owned() } else { format!("other{others}") };
            self.columns[column] = Role::Text(name.clone());
            if !of_item {
                self.identity.push(name);
            }
        }
    }

    /// Where no column tells variables apart: the word in the name that would.
    fn name_variable(&mut self, table: &Columns<'_>, dated: &[usize]) {
        let level = table.file_level();
        let free = |c: usize| table.levels[c] == level && !table.varies(c) && !dated.contains(&c) && self.columns[c] == Role::Literal;
        let free: Vec<usize> = (0..table.width()).filter(|c| free(*c)).collect();
        let shape = |c: usize| Shape::of(&table.distinct(c));
        let several = table.samples.iter().any(|s| s.facts.as_ref().is_some_and(|f| !f.kind.ends_with(" x 1")));
        let anything_captured = self.columns.iter().any(|r| matches!(r, Role::Text(_) | Role::Date { .. }));
        let band = free.iter().copied().find(|c| shape(*c).is_band());
        // The A of `A2022081` names nothing.
        let begins_a_date = |c: usize| table.separators.get(c + 1).is_some_and(String::is_empty) && table.values[c][0].len() == 1;
        let names = |c: usize| shape(c) == Shape::Word && !(anything_captured && is_tile_word(&table.values[c][0])) && !begins_a_date(c);
        let words: Vec<usize> = free.iter().copied().filter(|c| names(*c)).collect();
        let only = match words.as_slice() {
            [one] if anything_captured => Some(*one),
            _ => None,
        };
        if let Some(column) = band.or(only).filter(|_| !several) {
            self.columns[column] = Role::Text("variable".into());
            self.naming = Naming::Captured;
            return;
        }
        let mut run: Vec<&str> = Vec::new();
        for (i, column) in words.iter().enumerate() {
            if i > 0 && words[i - 1] + 1 != *column {
                break;
            }
            run.push(&table.values[*column][0]);
        }
        self.naming = Naming::Fixed(if run.is_empty() { "data".to_owned() } else { run.join("_") });
    }
}
