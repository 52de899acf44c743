//! Conditions in CQL2 (OGC 21-065r2) as they are judged here: whatever would be judged wrongly in silence is put right or refused.
#![allow(clippy::vec_box, clippy::boxed_local, reason = "operands as cql2 holds them")]

use chrono::NaiveDate;
use cql2::Expr;

use crate::{Error, Result};

/// Operators by how many operands they take; the standard's names, in lower case.
const OPERATORS: &[(&str, std::ops::RangeInclusive<usize>)] = &[
    ("and or", 2..=usize::MAX),
    ("not isnull casei accenti", 1..=1),
    ("= <> < <= > >= like in ^ div", 2..=2),
    ("+ * / %", 2..=usize::MAX),
    ("-", 1..=usize::MAX),
    ("between", 3..=3),
    ("s_intersects s_equals s_disjoint s_touches s_within s_overlaps s_crosses s_contains", 2..=2),
    ("t_before t_after t_meets t_metby t_overlaps t_overlappedby t_starts t_startedby t_during t_contains", 2..=2),
    ("t_finishes t_finishedby t_equals t_disjoint t_intersects", 2..=2),
    ("a_equals a_contains a_containedby a_overlaps", 2..=2),
];

/// Reads a condition, as text or as JSON.
///
/// # Errors
/// Misuse where it is neither, or names a function that nobody knows.
pub(super) fn parse(cql2: &str) -> Result<Expr> {
    let right = "for instance gsd < 100 AND platform = 'a'";
    let wrong = |why: String| Error::misuse("filter", format!("{cql2:?} {why}"), right);
    let filter: Expr = cql2.parse().map_err(|e: cql2::Error| wrong(format!("is no CQL2: {e}")))?;
    if !matches!(filter, Expr::Operation { .. } | Expr::Bool(_)) {
        return Err(wrong("is no condition".into()));
    }
    settled(filter)
}

/// The same condition in words that are judged as the standard says.
fn settled(expr: Expr) -> Result<Expr> {
    match expr {
        Expr::Operation { op, args } => operation(op, args),
        Expr::Array(list) => {
            let list = each(list)?.into_iter().map(|part| {
                let constant = part.clone().reduce(None).map_err(|e| Error::misuse("filter", e.to_string(), "a constant in a list"))?;
                match constant {
                    Expr::Operation { .. } | Expr::Property { .. } => {
                        Err(Error::misuse("filter", format!("{} stands in a list", shown(&part)), "constants in a list, or OR"))
                    }
                    constant => Ok(Box::new(constant)),
                }
            });
            Ok(Expr::Array(list.collect::<Result<_>>()?))
        }
        other => Ok(other),
    }
}

fn each(list: Vec<Box<Expr>>) -> Result<Vec<Box<Expr>>> {
    list.into_iter().map(|part| settled(*part).map(Box::new)).collect()
}

fn operation(op: String, args: Vec<Box<Expr>>) -> Result<Expr> {
    let name = op.to_ascii_lowercase();
    let Some((_, takes)) = OPERATORS.iter().find(|(names, _)| names.split(' ').any(|known| known == name)) else {
        return Err(Error::misuse("filter", format!("the function '{op}' is not known"), "an operator of CQL2")
            .hint("known are comparisons, LIKE, IN, BETWEEN, IS NULL, CASEI, ACCENTI, arithmetic, and the S_, T_ and A_ functions"));
    };
    if !takes.contains(&args.len()) {
        let right = match (*takes.start(), *takes.end()) {
            (least, most) if least == most => format!("{least} of them"),
            (least, _) => format!("{least} of them or more"),
        };
        return Err(Error::misuse("filter", format!("'{op}' has {} operands", args.len()), right));
    }
    let mut args = each(args)?;
    // Its judge compares a time with a string by their kinds, and not by their values.
    if name == "between"
        && let (Some(most), Some(least), Some(value)) = (args.pop(), args.pop(), args.pop())
    {
        let (from, to) = (operation(">=".into(), vec![value.clone(), least])?, operation("<=".into(), vec![value, most])?);
        return Ok(two("and", from, to));
    }
    if let [left, right] = args.as_slice() {
        let compared = match (day(left), day(right)) {
            (None, Some(day)) => beside(&name, left, day),
            (Some(day), None) => beside(turned(&name), right, day),
            _ => None,
        };
        if let Some(compared) = compared {
            return Ok(compared);
        }
    }
    // One value in parentheses is a list of one where a list is due.
    let listed = name == "in" || name.starts_with("a_");
    if listed {
        args = args.into_iter().enumerate().map(|(at, part)| if name != "in" || at == 1 { list(part) } else { part }).collect();
    }
    Ok(Expr::Operation { op, args })
}

fn two(op: &str, a: Expr, b: Expr) -> Expr {
    Expr::Operation { op: op.into(), args: vec![Box::new(a), Box::new(b)] }
}

fn day(expr: &Expr) -> Option<NaiveDate> {
    let Expr::Date { date } = expr else { return None };
    let Expr::Literal(text) = &**date else { return None };
    text.parse().ok()
}

/// The comparison seen from the other side.
fn turned(op: &str) -> &str {
    match op {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        same => same,
    }
}

/// A value compared with a day, which lasts from midnight to midnight (UTC): the judge calls a moment within it neither before nor after.
fn beside(op: &str, value: &Expr, day: NaiveDate) -> Option<Expr> {
    let midnight = |day: NaiveDate| Expr::Timestamp { timestamp: Box::new(Expr::Literal(format!("{day}T00:00:00Z"))) };
    let (starts, ends) = (midnight(day), midnight(day.succ_opt()?));
    let value = || value.clone();
    Some(match op {
        ">=" => two(">=", value(), starts),
        ">" => two(">=", value(), ends),
        "<" => two("<", value(), starts),
        "<=" => two("<", value(), ends),
        "=" => two("and", two(">=", value(), starts), two("<", value(), ends)),
        "<>" => two("or", two("<", value(), starts), two(">=", value(), ends)),
        _ => return None,
    })
}

fn list(part: Box<Expr>) -> Box<Expr> {
    match *part {
        constant @ (Expr::Literal(_) | Expr::Float(_) | Expr::Bool(_)) => Box::new(Expr::Array(vec![Box::new(constant)])),
        other => Box::new(other),
    }
}

fn shown(expr: &Expr) -> String {
    expr.to_text().unwrap_or_else(|_| "an expression".into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{Item, Query};

    fn item() -> Item {
        let mut item = Item::new("t1");
        item.properties = json!({
            "datetime": "2020-06-15T10:00:00Z", "updated": "2021-01-01T00:00:00Z", "gsd": 30, "cloud": 7.5, "platform": "Landsat-8",
            "name": "Örebro 90% _a", "keywords": ["a", "b", "c"], "bands": [1, 2, 3], "night": false, "nothing": null,
        })
        .as_object()
        .unwrap()
        .clone();
        item.geometry = Some(json!({"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}));
        item.bbox = Some(vec![0.0, 0.0, 10.0, 10.0]);
        item
    }

    #[test]
    fn each_operator_of_the_standard_is_judged_as_it_says() {
        let mut wrong = Vec::new();
        for (filter, expected) in [
            ("gsd = 30 AND NOT (gsd <> 30)", true),
            ("gsd + 5 * 2 = 40 AND gsd - 10 = 20 AND gsd / 3 = 10 AND gsd % 7 = 2 AND gsd DIV 7 = 4 AND gsd ^ 2 = 900", true),
            ("gsd - 10 - 5 = 15", true),
            ("cloud > -1", true),
            ("platform LIKE 'Landsat-_'", true),
            ("platform LIKE 'landsat%'", false),
            ("platform NOT LIKE 'Sentinel%'", true),
            (r"name LIKE '%90\% \_a'", true),
            (r"platform LIKE 'Landsat\%'", false),
            ("CASEI(platform) = CASEI('LANDSAT-8')", true),
            ("CASEI(platform) LIKE CASEI('LANDSAT%')", true),
            ("CASEI(platform) IN (CASEI('LANDSAT-8'), CASEI('x'))", true),
            ("ACCENTI(name) LIKE ACCENTI('Orebro%')", true),
            ("CASEI(ACCENTI(name)) LIKE CASEI(ACCENTI('oREBRO%'))", true),
            ("platform IN ('Landsat-7', 'Landsat-8')", true),
            ("platform IN ('Landsat-8')", true),
            ("platform NOT IN ('Landsat-7')", true),
            ("gsd IN (10, 30)", true),
            ("gsd BETWEEN 30 AND 40", true),
            ("gsd NOT BETWEEN 30 AND 40", false),
            ("datetime BETWEEN TIMESTAMP('2020-01-01T00:00:00Z') AND TIMESTAMP('2020-12-31T00:00:00Z')", true),
            ("datetime BETWEEN TIMESTAMP('2019-01-01T00:00:00Z') AND TIMESTAMP('2019-12-31T00:00:00Z')", false),
            ("datetime BETWEEN DATE('2021-01-01') AND DATE('2021-12-31')", false),
            ("datetime >= DATE('2020-06-15') AND datetime < DATE('2020-06-16')", true),
            ("datetime = DATE('2020-06-15') AND datetime <= DATE('2020-06-15') AND DATE('2020-06-16') > datetime", true),
            ("datetime <> DATE('2020-06-15') OR datetime > DATE('2020-06-15') OR datetime < DATE('2020-06-15')", false),
            ("datetime BETWEEN DATE('2020-06-15') AND DATE('2020-06-15')", true),
            ("updated IS NOT NULL AND missing IS NULL AND nothing IS NULL", true),
            ("missing = 1 OR gsd = 30", true),
            ("NOT (missing = 1)", false),
            ("night = FALSE", true),
            ("S_INTERSECTS(geometry, BBOX(5, 5, 20, 20))", true),
            ("S_INTERSECTS(geometry, POLYGON((5 5, 20 5, 20 20, 5 20, 5 5)))", true),
            ("S_DISJOINT(geometry, POINT(20 20))", true),
            ("S_WITHIN(geometry, BBOX(-1, -1, 20, 20))", true),
            ("S_CONTAINS(geometry, POINT(5 5))", true),
            ("S_TOUCHES(geometry, POLYGON((10 0, 20 0, 20 10, 10 10, 10 0)))", true),
            ("S_OVERLAPS(geometry, POLYGON((5 5, 20 5, 20 20, 5 20, 5 5)))", true),
            ("S_EQUALS(geometry, POLYGON((0 0, 10 0, 10 10, 0 10, 0 0)))", true),
            ("S_CROSSES(LINESTRING(-5 5, 15 5), geometry)", true),
            ("T_AFTER(datetime, DATE('2020-01-01'))", true),
            ("T_BEFORE(datetime, TIMESTAMP('2020-01-01T00:00:00Z'))", false),
            ("T_INTERSECTS(datetime, INTERVAL('2020-01-01', '..'))", true),
            ("T_DURING(INTERVAL(datetime, updated), INTERVAL('2020-01-01', '2022-01-01'))", true),
            ("T_EQUALS(datetime, TIMESTAMP('2020-06-15T10:00:00Z'))", true),
            ("T_DISJOINT(datetime, INTERVAL('..', '2019-01-01'))", true),
            ("A_CONTAINS(keywords, ('a', 'b'))", true),
            ("A_CONTAINS(keywords, ('a'))", true),
            ("A_CONTAINS(keywords, ('a', 'z'))", false),
            ("A_CONTAINEDBY(keywords, ('a', 'b', 'c', 'd'))", true),
            ("A_OVERLAPS(keywords, ('c', 'z'))", true),
            ("A_EQUALS(keywords, ('a', 'b', 'c'))", true),
            ("A_CONTAINS(bands, (1, 3))", true),
            (
                r#"{"op": "in", "args": [{"op": "casei", "args": [{"property": "platform"}]}, [{"op": "casei", "args": ["LANDSAT-8"]}]]}"#,
                true,
            ),
            (r#"{"op": "between", "args": [{"property": "datetime"}, {"date": "2021-01-01"}, {"date": "2021-12-31"}]}"#, false),
            (r#"{"op": "a_contains", "args": [{"property": "keywords"}, ["a", "b"]]}"#, true),
            (r#"{"op": "t_intersects", "args": [{"property": "datetime"}, {"interval": ["..", "2020-12-31T00:00:00Z"]}]}"#, true),
        ] {
            match Query::new().filter(filter) {
                Err(e) => wrong.push(format!("{filter}: {e}")),
                Ok(query) if query.matches(&item()) != expected => wrong.push(format!("{filter}: {}", !expected)),
                Ok(_) => {}
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn what_cannot_be_judged_is_refused_by_its_name() {
        for (filter, named) in [
            ("buffer(geometry, 10) = 5", "buffer"),
            ("gsd > 10 AND my_function(gsd)", "my_function"),
            (r#"{"op": "eq", "args": [{"property": "gsd"}, 30]}"#, "eq"),
            (r#"{"op": "not", "args": [{"op": "s_nearby", "args": [{"property": "geometry"}, 1]}]}"#, "s_nearby"),
            (r#"{"op": "=", "args": [{"property": "gsd"}, 30, 31]}"#, "3 operands"),
            ("platform IN (name, 'b')", "name"),
        ] {
            let said = Query::new().filter(filter).map(drop).unwrap_err().to_string();
            assert!(said.contains(named), "{filter}: {said}");
        }
    }
}
