//! The runner that iai-callgrind needs, built by the workspace so that nobody installs it by hand.

fn main() -> anyhow::Result<()> {
    gungraun_runner::runner::run::run()
}
