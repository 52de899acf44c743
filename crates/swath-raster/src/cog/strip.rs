use crate::{SampleType, Samples};

/// Whole rows of one level: every band, and the mask where there is one.
#[derive(Debug, Clone)]
pub(super) struct Strip {
    /// First row within the level.
    pub row: u32,
    pub rows: u32,
    pub width: u32,
    pub bands: Vec<Samples>,
    /// 0 where masked, 255 where valid.
    pub mask: Option<Vec<u8>>,
}

impl Strip {
    pub(super) fn zeros(row: u32, rows: u32, width: u32, bands: usize, sample: SampleType, mask: bool) -> Self {
        let len = rows as usize * width as usize;
        Self { row, rows, width, bands: (0..bands).map(|_| Samples::zeros(sample, len)).collect(), mask: mask.then(|| vec![0; len]) }
    }
    /// As [`Strip::zeros`] in the room of another strip of the level; what it holds is left over.
    pub(super) fn again(mut self, row: u32, rows: u32) -> Self {
        let len = rows as usize * self.width as usize;
        self.bands.iter_mut().for_each(|samples| samples.refit(samples.sample_type(), len));
        if let Some(mask) = &mut self.mask {
            mask.resize(len, 0);
        }
        Self { row, rows, ..self }
    }
    pub(super) fn end(&self) -> u32 {
        self.row + self.rows
    }
    /// The rows from `from` on of this strip laid under `above`; both are of one level and touch.
    pub(super) fn tail(&self, above: &Strip, from: u32) -> Strip {
        let from = from.clamp(above.row.min(self.row), self.end());
        let part = |above: &[u8], here: &[u8], size: usize| -> Vec<u8> {
            let line = self.width as usize * size;
            let of_above = self.row.saturating_sub(from) as usize * line;
            let skipped = from.saturating_sub(self.row) as usize * line;
            [&above[above.len() - of_above.min(above.len())..], &here[skipped.min(here.len())..]].concat()
        };
        let bands = above
            .bands
            .iter()
            .zip(&self.bands)
            .map(|(above, here)| {
                let size = here.sample_type().size();
                Samples::from_bytes(here.sample_type(), &part(above.as_bytes(), here.as_bytes(), size))
            })
            .collect();
        let mask = match (&above.mask, &self.mask) {
            (Some(above), Some(here)) => Some(part(above, here, 1)),
            _ => None,
        };
        Strip { row: from, rows: self.end() - from, width: self.width, bands, mask }
    }
}
