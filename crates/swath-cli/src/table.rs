/// Rows of text in columns as wide as they need, two spaces apart; the first row is the heading.
pub struct Table {
    indent: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(indent: usize, heading: &[&str]) -> Self {
        Self { indent, rows: vec![heading.iter().map(|h| (*h).to_owned()).collect()] }
    }
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |c: usize| self.rows.iter().filter_map(|r| r.get(c)).map(|t| t.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (i, row) in self.rows.iter().enumerate() {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(t, w)| format!("{t:<w$}")).collect();
            let line = format!("{}{}", " ".repeat(self.indent), cells.join("  "));
            let end = if i + 1 < self.rows.len() { "\n" } else { "" };
            write!(f, "{}{end}", line.trim_end())?;
        }
        Ok(())
    }
}

/// A few of many: `a, b, c and 5 more`.
pub fn few(values: &[String], most: usize) -> String {
    let shown = values.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(", ");
    if values.len() > most { format!("{shown} and {} more", values.len() - most) } else { shown }
}

/// `1 item`, `2 items`.
pub fn count(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(1, &["a", "bb"]);
        table.row(vec!["long".into(), "é".into()]);
        assert_eq!(table.to_string(), " a     bb\n long  é");
    }
}
