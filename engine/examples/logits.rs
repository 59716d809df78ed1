//! Prints the logits of a model as JSON: an array of f32 per position.

mod model_arguments;

use std::io::{BufWriter, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use model_arguments::{ModelArguments, parse_tokens};

/// Prints the logits after a sequence of tokens as JSON: an array with one array of f32 per position.
///
/// By default there is one position, the last. Numbers have enough digits to restore the same f32.
#[derive(Parser)]
#[command(
    after_help = "Example: cargo run --release -p engine --example logits -- --preset small --tokens 1,2,3"
)]
struct Arguments {
    #[command(flatten)]
    model: ModelArguments,

    /// Token ids, separated by commas.
    #[arg(long, value_name = "IDS", value_parser = parse_tokens)]
    tokens: std::vec::Vec<u32>,

    /// The logits after every token, not only after the last one.
    #[arg(long)]
    all_positions: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let engine = arguments.model.engine()?;
    let logits = if arguments.all_positions {
        engine.logits(&arguments.tokens)?
    } else {
        engine.session()?.prefill(&arguments.tokens)?.to_vec()
    };
    let rows: Vec<&[f32]> = logits.chunks(engine.config().vocab).collect();
    let mut out = BufWriter::new(std::io::stdout().lock());
    serde_json::to_writer(&mut out, &rows)?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}
