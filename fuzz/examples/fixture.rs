//! `fixture TARGET CRASH OUT`: the TIFF that a crashing input of a decoder's target stands for; other targets' inputs are files already.

use std::process::ExitCode;

use swath_fuzz::{Codec, block_file};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, from, to] = &arguments[..] else {
        eprintln!("fixture TARGET CRASH OUT");
        return ExitCode::from(2);
    };
    let data = match std::fs::read(from) {
        Ok(data) => data,
        Err(error) => {
            eprintln!("{from}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let codec = Codec::ALL.iter().find(|(name, _)| name == target).map(|(_, codec)| *codec);
    let file = codec.map_or(data.clone(), |codec| block_file(codec, &data));
    match std::fs::write(to, file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{to}: {error}");
            ExitCode::FAILURE
        }
    }
}
