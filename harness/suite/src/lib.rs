//! Dummy.
use harness_probe::*;
use serde_json::{Value, json};
struct D(&'static str);
struct P(u64);
impl Workload for D {
    fn id(&self) -> &str {
        self.0
    }
    fn unit(&self) -> Unit {
        Unit { name: "call".into(), per_run: 1 }
    }
    fn definition(&self) -> Value {
        json!(1)
    }
    fn answer(&self) -> Value {
        json!(1)
    }
    fn phases(&self) -> Vec<String> {
        vec!["naive".into(), "optimized".into()]
    }
    fn instruments(&self) -> Vec<Instrument> {
        vec![Instrument::Callgrind, Instrument::Criterion]
    }
    fn prepare(&self, p: &str, _: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
        Ok(Box::new(P(if p == "naive" { 10000 } else { 100 })))
    }
}
impl Prepared for P {
    fn run(&mut self, _: &mut dyn FnMut()) {
        let mut s = 0u64;
        for i in 0..self.0 {
            s = std::hint::black_box(s + i);
        }
    }
    fn check(&mut self) -> Result<(), String> {
        Ok(())
    }
    fn isa(&self) -> String {
        "plain".into()
    }
}
/// Registry.
pub fn registry() -> Registry {
    Registry::new("plain", vec![Box::new(D("medium/decode@57")), Box::new(D("kernel/x"))]).unwrap()
}
