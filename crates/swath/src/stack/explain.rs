use std::fmt::Write;

use swath_raster::Shape;

use super::StackPlan;

/// `1.5 GiB`, `312 B`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 1023.95 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{count} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

/// With at most four digits behind the point.
pub(super) fn coordinate(value: f64) -> String {
    format!("{}", (value * 1e4).round() / 1e4)
}

impl StackPlan {
    /// Its shape, type and size: `time 3 x band 1 x y 200 x x 300, uint16, 351.6 KiB`.
    pub fn size(&self) -> String {
        let Shape { width, height } = self.grid.shape;
        let (times, bands, sample) = (self.times.len(), self.bands.len(), self.data_type.name());
        format!("time {times} x band {bands} x y {height} x x {width}, {sample}, {}", bytes(self.bytes))
    }

    /// The plan in words: the array, the reasons, and each source with the part of the grid that it fills.
    pub fn explain(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "array   {}", self.size());
        let [a, _, c, _, e, f] = self.grid.transform;
        let crs = if self.grid.crs.len() > 60 { "CRS without a code" } else { &self.grid.crs };
        let _ = writeln!(out, "grid    {crs}, pixels {} x {}, upper left corner ({c}, {f})", a.abs(), e.abs());
        let how = if self.native { "copied, none is computed".into() } else { format!("resampled, {}", self.resampling.name()) };
        let _ = writeln!(out, "pixels  {how}; nodata {}", self.nodata.map_or("none".into(), |n| n.to_string()));
        let names: Vec<&str> = self.bands.iter().map(|b| b.name.as_str()).collect();
        let _ = writeln!(out, "bands   {}", names.join(", "));
        if self.reduce != super::Reduce::None {
            let steps = super::groups(&self.times, self.reduce, self.over).len();
            let _ = writeln!(out, "reduce  {} over {}: {} times become {steps}", self.reduce.name(), self.over.name(), self.times.len());
        }
        for reason in &self.reasons {
            let _ = writeln!(out, "why     {reason}");
        }
        let _ = writeln!(out, "order   {}", self.order.said());
        for (i, time) in self.times.iter().enumerate() {
            let _ = writeln!(out, "{}", time.label());
            for s in self.sources.iter().filter(|s| s.time == i) {
                let w = s.target;
                let level = if s.coarser() >= 2.0 { format!(", overview up to 1:{:.1}", s.coarser()) } else { String::new() };
                let _ = writeln!(
                    out,
                    "  {} {} -> columns {}..{}, rows {}..{}{level}",
                    s.item,
                    s.asset,
                    w.col,
                    w.col.saturating_add(w.width),
                    w.row,
                    w.row.saturating_add(w.height)
                );
            }
        }
        out.truncate(out.trim_end().len());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_short_to_read() {
        for (count, expected) in [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_572_864, "1.5 MiB"), (u64::MAX, "16384.0 PiB")] {
            assert_eq!(bytes(count), expected);
        }
    }
}
