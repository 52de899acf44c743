use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::Crs;
use super::native::Operation;
use crate::{Bounds, Error, Result};

/// The way from one CRS to another. It may be shared by threads: each keeps its own operation in PROJ's memory.
#[derive(Debug, Clone)]
pub struct Transformer {
    from: Crs,
    to: Crs,
}

/// Operations a thread keeps; beyond it the memory starts anew.
const KEPT: usize = 64;

thread_local! {
    static OPERATIONS: RefCell<HashMap<(u64, u64), Rc<Operation>>> = RefCell::default();
}

impl Transformer {
    /// # Errors
    /// Unsupported where there is no way between the two, as from another planet.
    ///
    /// ```
    /// # use swath_raster::crs::{Crs, Transformer};
    /// let (utm, lonlat) = (Crs::parse("EPSG:32633")?, Crs::parse("EPSG:4326")?);
    /// let mut points = [(500_000.0, 0.0)];
    /// Transformer::new(&utm, &lonlat)?.points(&mut points)?;
    /// assert!((points[0].0 - 15.0).abs() < 1e-9 && points[0].1.abs() < 1e-9);
    /// # Ok::<(), swath_raster::Error>(())
    /// ```
    pub fn new(from: &Crs, to: &Crs) -> Result<Self> {
        let transformer = Self { from: from.clone(), to: to.clone() };
        transformer.operation()?;
        Ok(transformer)
    }
    /// Moves points in place: easting or longitude first on both sides, whatever the axis order of the CRS.
    /// A point without an image becomes infinite in both coordinates.
    ///
    /// # Errors
    /// As [`Transformer::new`].
    pub fn points(&self, points: &mut [(f64, f64)]) -> Result<()> {
        if self.from == self.to {
            return Ok(());
        }
        let operation = self.operation()?;
        let mut some = [[0.0; 2]; 512];
        for chunk in points.chunks_mut(some.len()) {
            let some = &mut some[..chunk.len()];
            some.iter_mut().zip(&*chunk).for_each(|(to, &(x, y))| *to = [x, y]);
            operation.forward(some);
            for (to, &[x, y]) in chunk.iter_mut().zip(&*some) {
                *to = if x.is_finite() && y.is_finite() { (x, y) } else { (f64::INFINITY, f64::INFINITY) };
            }
        }
        Ok(())
    }
    /// The box around the image of a box, its edges densified by 21 points; `left > right` where it crosses the antimeridian.
    ///
    /// # Errors
    /// As [`Transformer::new`]; Unsupported where no part of the box has an image.
    pub fn bounds(&self, bounds: Bounds) -> Result<Bounds> {
        if self.from == self.to {
            return Ok(bounds);
        }
        let corners = [bounds.left, bounds.bottom, bounds.right, bounds.top];
        let image = self.operation()?.bounds(corners, 21).map_err(|reason| self.no_way(&reason))?;
        if image.iter().any(|edge| !edge.is_finite()) {
            return Err(self.no_way("no edge of the box has an image"));
        }
        let [left, bottom, right, top] = image;
        Ok(Bounds { left, bottom, right, top })
    }
    fn operation(&self) -> Result<Rc<Operation>> {
        let key = (self.from.serial(), self.to.serial());
        if let Some(known) = OPERATIONS.with_borrow(|known| known.get(&key).cloned()) {
            return Ok(known);
        }
        let made = Operation::between(&self.from.object()?, &self.to.object()?).map_err(|reason| self.no_way(&reason))?;
        let made = Rc::new(made);
        OPERATIONS.with_borrow_mut(|known| {
            if known.len() >= KEPT {
                known.clear();
            }
            known.insert(key, Rc::clone(&made));
        });
        Ok(made)
    }
    fn no_way(&self, reason: &str) -> Error {
        Error::unsupported("", format!("no way from CRS {:?} to {:?}: {reason}", self.from.name(), self.to.name()), "")
    }
}
