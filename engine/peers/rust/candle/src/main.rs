//! candle on its own operators, as a peer of the comparison.
//!
//!     peer-candle FOLDER THREADS f32-rows|f32-columns|q8_0
//!
//! RAYON_NUM_THREADS must equal THREADS, because candle reads the number of its threads there.

mod gpt2;
mod matrix;

use anyhow::{Result, ensure};
use candle_core::utils::get_num_threads;
use protocol::{Arguments, Peer, serve};

use gpt2::Gpt2;

impl Peer for Gpt2 {
    fn prefill(&mut self, prompt: &[u32]) -> Result<Vec<f32>> {
        self.forget();
        Ok(self.forward(prompt)?.to_vec1()?)
    }

    fn decode(&mut self, token: u32) -> Result<Vec<f32>> {
        Ok(self.forward(&[token])?.to_vec1()?)
    }
}

fn main() -> Result<()> {
    let given = Arguments::read()?;
    ensure!(
        get_num_threads() == given.threads,
        "candle would use {} threads instead of {}; set RAYON_NUM_THREADS.",
        get_num_threads(),
        given.threads
    );
    serve(Gpt2::load(&given.folder, given.setting.parse()?)?)
}
