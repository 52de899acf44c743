use std::fmt::Write;

use swath_raster::{Grid, Nodata, SampleType, Samples, with_real};

use super::plan::{Band, Time};
use super::reduce::season_or_month;
use super::{Over, Reduce, explain};

/// A (time, band, y, x) array with its coordinates: what a stack is at the end.
#[derive(Debug, Clone)]
pub struct Stack {
    pub times: Vec<Time>,
    pub bands: Vec<Band>,
    /// North-up or south-up, never rotated.
    pub grid: Grid,
    /// Row-major in the order time, band, y, x.
    pub data: Samples,
    /// The value where there is no data. Without one a float array has NaN there, an integer array 0.
    pub nodata: Option<Nodata>,
    /// 0 where there is no data; kept only where the values cannot tell.
    pub valid: Option<Vec<u8>>,
    /// What became of the time axis.
    pub reduce: Reduce,
    /// Which steps became one.
    pub over: Over,
}

impl Stack {
    /// The same array, with NaN named as its nodata where it holds NaN and nothing else was named.
    #[must_use]
    pub fn with_nan_named(mut self) -> Self {
        let holds_nan = match &self.data {
            Samples::F32(v) => v.iter().any(|x| x.is_nan()),
            Samples::F64(v) => v.iter().any(|x| x.is_nan()),
            _ => false,
        };
        if self.nodata.is_none() && holds_nan {
            self.nodata = Some(Nodata::Float(f64::NAN));
        }
        self
    }

    /// The same without its samples.
    #[must_use]
    pub fn clone_head(&self) -> Self {
        let data = Samples::zeros(self.sample(), 0);
        let (times, bands, grid) = (self.times.clone(), self.bands.clone(), self.grid.clone());
        let valid = self.valid.as_ref().map(|_| Vec::new());
        Self { times, bands, grid, data, nodata: self.nodata, valid, reduce: self.reduce, over: self.over }
    }

    /// Lengths of time, band, y and x.
    pub fn shape(&self) -> [usize; 4] {
        [self.times.len(), self.bands.len(), self.grid.shape.height as usize, self.grid.shape.width as usize]
    }

    /// Pixel centres from left to right.
    pub fn x(&self) -> Vec<f64> {
        let t = self.grid.transform;
        (0..self.grid.shape.width).map(|i| t.c + t.a * (f64::from(i) + 0.5)).collect()
    }

    /// Pixel centres from the first row to the last.
    pub fn y(&self) -> Vec<f64> {
        let t = self.grid.transform;
        (0..self.grid.shape.height).map(|i| t.f + t.e * (f64::from(i) + 0.5)).collect()
    }

    pub fn sample(&self) -> SampleType {
        self.data.sample_type()
    }

    /// Where one (time, band) plane lies in `data`.
    pub fn plane(&self, time: usize, band: usize) -> std::ops::Range<usize> {
        let [_, bands, rows, cols] = self.shape();
        let pixels = rows * cols;
        let start = (time * bands + band) * pixels;
        start..start + pixels
    }

    /// A step in a few words: its day or period, or the season or month where years fall together.
    pub fn label(&self, time: usize) -> String {
        let Some(step) = self.times.get(time) else { return String::new() };
        if let Over::Season = self.over
            && let Some((from, to)) = step.period
        {
            return format!("{} – {}", from.format("%Y-%m"), (to - chrono::Duration::seconds(1)).format("%Y-%m"));
        }
        season_or_month(step.datetime, self.over).map_or_else(|| step.label(), str::to_owned)
    }

    /// One plane as doubles, NaN where there is no data; complex numbers by their modulus.
    pub fn plane_f64(&self, time: usize, band: usize) -> Vec<f64> {
        let range = self.plane(time, band);
        let mut values: Vec<f64> =
            with_real!(&self.data, v => v[range.clone()].iter().map(|&x| x as f64).collect(), else modulus(&self.data, &range));
        let nodata = self.nodata.map(|n| if self.sample() == SampleType::F32 { f64::from(n.as_f64() as f32) } else { n.as_f64() });
        if let Some(nodata) = nodata.filter(|n| !n.is_nan()) {
            values.iter_mut().filter(|v| **v == nodata).for_each(|v| *v = f64::NAN);
        }
        if let Some(valid) = &self.valid {
            values.iter_mut().zip(&valid[range]).filter(|(_, ok)| **ok == 0).for_each(|(v, _)| *v = f64::NAN);
        }
        values
    }

    /// Dimensions, coordinates and type in a few lines, as xarray shows an array.
    pub fn summary(&self) -> String {
        let [times, bands, rows, cols] = self.shape();
        let mut out = format!(
            "<swath stack (time: {times}, band: {bands}, y: {rows}, x: {cols})> {} {}\n",
            self.sample().name(),
            explain::bytes((times * bands * rows * cols * self.sample().size()) as u64)
        );
        let ends = |v: &[f64]| match v {
            [] => String::new(),
            [one] => format!("{one}"),
            [first, .., last] => format!("{first} ... {last}"),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "  time  {}", listed(&(0..times).map(|t| self.label(t)).collect::<Vec<_>>()));
        let _ = writeln!(out, "  band  {}", listed(&self.bands.iter().map(|b| b.name.clone()).collect::<Vec<_>>()));
        let _ = writeln!(out, "  y     {}", ends(&self.y()));
        let _ = writeln!(out, "  x     {}", ends(&self.x()));
        if let Some(crs) = &self.grid.crs {
            let _ = writeln!(out, "  crs   {} ({})", crs.code().unwrap_or("no code"), crs.name());
        }
        let _ = write!(out, "  nodata {}", self.nodata.map_or("none".into(), |n| n.to_string()));
        if self.reduce != Reduce::None {
            let _ = write!(out, "\n  reduced by {} over {}", self.reduce.name(), self.over.name());
        }
        out
    }
}

fn listed(names: &[String]) -> String {
    if names.len() <= 8 {
        return names.join(", ");
    }
    format!("{}, ... {}", names[..4].join(", "), names[names.len() - 2..].join(", "))
}

fn modulus(data: &Samples, range: &std::ops::Range<usize>) -> Vec<f64> {
    let range = range.clone();
    match data {
        Samples::CI16(v) => v[range].iter().map(|c| f64::from(c[0]).hypot(c[1].into())).collect(),
        Samples::CI32(v) => v[range].iter().map(|c| f64::from(c[0]).hypot(c[1].into())).collect(),
        Samples::CF32(v) => v[range].iter().map(|c| f64::from(c[0]).hypot(c[1].into())).collect(),
        Samples::CF64(v) => v[range].iter().map(|c| c[0].hypot(c[1])).collect(),
        _ => Vec::new(),
    }
}
