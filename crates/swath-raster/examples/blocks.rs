//! Blocks per second, for the benchmarks: `blocks decode FILE SECONDS` decodes every block of full resolution on one thread, again and
//! again; `blocks encode FILE` times the codec alone, on all cores, over all blocks of a COG as it stored them.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use libdeflater::{CompressionLvl, Compressor, Decompressor};
use rayon::prelude::*;
use swath_raster::tiff::{Level, LocalTiff};
use swath_raster::{ByteSource, Limits, RasterSource, Sidecars, Span, Window};

type Failed = Box<dyn std::error::Error + Send + Sync>;

struct OnDisk(File, u64);

impl ByteSource for OnDisk {
    fn len(&self) -> u64 {
        self.1
    }
    fn read(&self, span: Span) -> std::io::Result<Bytes> {
        let mut bytes = vec![0; span.len as usize];
        self.0.read_exact_at(&mut bytes, span.offset)?;
        Ok(bytes.into())
    }
}

fn main() -> Result<(), Failed> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["decode", file, seconds] => decode(file, Duration::from_secs_f64(seconds.parse()?)),
        ["encode", file, level] => encode(file, level.parse()?),
        _ => Err("blocks decode FILE SECONDS | blocks encode FILE LEVEL".into()),
    }
}

fn open(file: &str) -> Result<(LocalTiff, Arc<dyn ByteSource>), Failed> {
    let disk = File::open(file)?;
    let len = disk.metadata()?.len();
    let bytes: Arc<dyn ByteSource> = Arc::new(OnDisk(disk, len));
    Ok((LocalTiff::open(file, bytes.clone(), &Sidecars::default(), &Limits::default())?, bytes))
}

/// The stored bytes of every block of a level.
fn spans(tiff: &LocalTiff, level: &Level) -> Vec<(swath_raster::tiff::BlockAt, Span)> {
    let shape = level.shape();
    let all: Vec<usize> = (0..tiff.info().bands.len()).collect();
    let window = Window { col: 0, row: 0, width: shape.width, height: shape.height };
    level.blocks(&all, window).into_iter().filter_map(|at| Some((at, level.span(at)?))).collect()
}

fn decode(file: &str, time: Duration) -> Result<(), Failed> {
    let (tiff, bytes) = open(file)?;
    let level = &tiff.tiff().levels()[0];
    let blocks = spans(&tiff, level);
    let (started, mut done) = (Instant::now(), 0);
    while started.elapsed() < time {
        for (at, span) in &blocks {
            std::hint::black_box(level.decode(*at, Some(bytes.read(*span)?))?);
        }
        done += blocks.len();
    }
    println!("{{\"blocks_per_second\": {:.1}, \"blocks\": {done}}}", done as f64 / started.elapsed().as_secs_f64());
    Ok(())
}

fn encode(file: &str, asked: i32) -> Result<(), Failed> {
    let (tiff, bytes) = open(file)?;
    let (mut seconds, mut raw_bytes, mut stored_bytes) = (0.0, 0, 0);
    for level in tiff.tiff().levels() {
        let codec = level.compression();
        let room = level.block().width as usize * level.block().height as usize * 64;
        for some in spans(&tiff, level).chunks(64) {
            let raw: Vec<Vec<u8>> =
                some.par_iter().map(|(_, span)| unpacked(&codec, &bytes.read(*span)?, room)).collect::<Result<_, Failed>>()?;
            raw_bytes += raw.iter().map(Vec::len).sum::<usize>();
            let started = Instant::now();
            stored_bytes += raw.par_iter().map(|raw| packed(&codec, raw, asked)).sum::<Result<usize, Failed>>()?;
            seconds += started.elapsed().as_secs_f64();
        }
    }
    println!("{{\"seconds\": {seconds:.3}, \"raw\": {raw_bytes}, \"stored\": {stored_bytes}}}");
    Ok(())
}

fn unpacked(codec: &str, stored: &[u8], room: usize) -> Result<Vec<u8>, Failed> {
    match codec {
        "zstd" => Ok(zstd::bulk::decompress(stored, room)?),
        "deflate" => {
            let mut out = vec![0; room];
            let len = Decompressor::new().zlib_decompress(stored, &mut out)?;
            out.truncate(len);
            out.shrink_to_fit();
            Ok(out)
        }
        other => Err(format!("{other} is not timed").into()),
    }
}

fn packed(codec: &str, raw: &[u8], level: i32) -> Result<usize, Failed> {
    match codec {
        "zstd" => Ok(zstd::bulk::compress(raw, level)?.len()),
        _ => {
            let mut compressor = Compressor::new(CompressionLvl::new(level).map_err(|e| format!("{e:?}"))?);
            let mut out = vec![0; compressor.zlib_compress_bound(raw.len())];
            Ok(compressor.zlib_compress(raw, &mut out)?)
        }
    }
}
