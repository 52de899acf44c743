//! The `swath` command.
#![forbid(unsafe_code)]

fn main() {
    swath_cli::main(std::env::args_os())
}
