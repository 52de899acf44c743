use std::{io::Read, sync::Arc};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use swath_raster::*;
fn main() {
    for path in std::env::args().skip(1) {
        let mut b = Vec::new();
        std::fs::File::open(&path).unwrap().read_to_end(&mut b).unwrap();
        let beside = |s: &str| std::fs::read(format!("{path}{s}")).ok().map(|b| Arc::new(Bytes::from(b)) as Arc<dyn ByteSource>);
        let side = Sidecars { mask: beside(".msk"), overviews: beside(".ovr"), ..Default::default() };
        let t = std::time::Instant::now();
        let r = (|| -> Result<String> {
            let r = tiff::LocalTiff::open(&path, Arc::new(Bytes::from(b)), &side, &Limits::default())?;
            let i = r.info();
            let bands: Vec<usize> = (0..i.bands.len()).collect();
            let s = r.read(&bands, Window::whole(i.grid.shape))?;
            let dt = t.elapsed().as_secs_f64();
            if std::env::var_os("TIME").is_some() { eprintln!("{path} {dt:.3}s {:.0} MB/s", s.iter().map(|s| s.as_bytes().len()).sum::<usize>() as f64 / 1e6 / dt); }
            let hash = |b: &[u8]| Sha256::digest(b).iter().map(|b| format!("{b:02x}")).collect::<String>();
            let m = r.read_mask(Window::whole(i.grid.shape))?;
            let mut out = format!("{} {} {}x{} {:?} {:?} {:?}", i.sample.name(), i.compression, i.grid.shape.width, i.grid.shape.height, i.overviews.len(), i.mask, i.bands[0].nodata.map(|n| n.as_f64()));
            for s in &s { out += &format!(" {}", hash(s.as_bytes())); }
            if let Some(m) = m { out += &format!(" mask {}", hash(&m)); }
            for l in r.tiff().levels().iter().skip(1) { let s = r.read_level(l, &bands, Window::whole(l.shape()))?; for s in &s { out += &format!(" ovr {}", hash(s.as_bytes())); } }
            Ok(out)
        })();
        match r { Ok(s) => println!("{path}\t{s}"), Err(e) => println!("{path}\tERR {:?} {e}", e.family) }
    }
}
