//! Checkpoints that do not fit are refused, each in one clear sentence that names the file and the thing.

use std::fs;
use std::path::{Path, PathBuf};

use engine::Weights;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize_to_file};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A copy of a good checkpoint to be spoiled.
struct Checkpoint {
    folder: TempDir,
}

impl Checkpoint {
    fn new() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/untied-inner");
        let folder = tempfile::tempdir().unwrap();
        for name in ["config.json", "model.safetensors"] {
            fs::copy(source.join(name), folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn config(self, change: impl Fn(&mut Value)) -> Self {
        let path = self.path("config.json");
        let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        change(&mut config);
        fs::write(path, config.to_string()).unwrap();
        self
    }

    fn set(self, key: &str, value: Value) -> Self {
        self.config(|config| config[key] = value.clone())
    }

    /// Rewrites the tensor file with its tensors changed.
    fn tensors(self, change: impl Fn(&mut Vec<(String, Dtype, Vec<usize>, Vec<u8>)>)) -> Self {
        let path = self.path("model.safetensors");
        let bytes = fs::read(&path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let mut all: Vec<_> = file
            .iter()
            .map(|(name, view)| {
                let data = view.data().to_vec();
                (name.to_owned(), view.dtype(), view.shape().to_vec(), data)
            })
            .collect();
        change(&mut all);
        let views =
            all.iter().map(|(name, dtype, shape, data)| (name, TensorView::new(*dtype, shape.clone(), data).unwrap()));
        serialize_to_file(views, None, &path).unwrap();
        self
    }

    /// The message, with the folder's name taken out.
    fn error(&self) -> String {
        let message = Weights::load(self.folder.path()).unwrap_err().to_string();
        assert!(!message.contains('\n'), "{message}");
        message.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

#[test]
fn a_good_checkpoint_loads() {
    assert!(Weights::load(Checkpoint::new().folder.path()).is_ok());
}

#[test]
fn missing_files_are_named() {
    let checkpoint = Checkpoint::new();
    fs::remove_file(checkpoint.path("model.safetensors")).unwrap();
    let error = checkpoint.error();
    assert!(error.starts_with("cannot read model.safetensors: No such file"), "{error}");
    fs::remove_file(checkpoint.path("config.json")).unwrap();
    assert!(checkpoint.error().starts_with("cannot read config.json: No such file"));
}

#[test]
fn a_configuration_that_is_none_is_refused() {
    let checkpoint = Checkpoint::new();
    fs::write(checkpoint.path("config.json"), "{\"n_embd\": ").unwrap();
    let error = checkpoint.error();
    assert!(error.starts_with("config.json: not JSON: EOF"), "{error}");
    fs::write(checkpoint.path("config.json"), "[]").unwrap();
    assert_eq!(checkpoint.error(), "config.json: not a JSON object");
    let cases = [
        ("n_embd", json!(-3), "config.json: n_embd is -3, not a size"),
        ("n_layer", Value::Null, "config.json: n_layer is missing"),
        ("n_head", json!(7), "config.json: 7 heads do not divide the width 36; pick a number of heads that does"),
        ("layer_norm_epsilon", json!("small"), "config.json: layer_norm_epsilon is \"small\", not a number"),
        ("tie_word_embeddings", json!(1), "config.json: tie_word_embeddings is 1, not true or false"),
    ];
    for (key, value, message) in cases {
        assert_eq!(Checkpoint::new().set(key, value).error(), message);
    }
}

#[test]
fn other_models_and_settings_are_refused_by_name() {
    let only = |what: &str| format!("but this engine computes only {what}");
    let cases = [
        ("model_type", json!("llama"), "model_type is \"llama\"", only("gpt2")),
        (
            "architectures",
            json!(["GPT2ForSequenceClassification"]),
            "architectures is \"GPT2ForSequenceClassification\"",
            only("GPT2LMHeadModel and GPT2Model"),
        ),
        (
            "activation_function",
            json!("relu"),
            "activation_function is \"relu\"",
            only("gelu_new and gelu_pytorch_tanh"),
        ),
        (
            "activation_function",
            json!("gelu"),
            "activation_function is \"gelu\"",
            only("gelu_new and gelu_pytorch_tanh"),
        ),
        ("scale_attn_by_inverse_layer_idx", json!(true), "scale_attn_by_inverse_layer_idx is true", only("false")),
        ("reorder_and_upcast_attn", json!(true), "reorder_and_upcast_attn is true", only("false")),
        ("scale_attn_weights", json!(false), "scale_attn_weights is false", only("true")),
        ("add_cross_attention", json!(true), "add_cross_attention is true", only("false")),
    ];
    for (key, value, what, only) in cases {
        let error = Checkpoint::new().set(key, value).error();
        assert_eq!(error, format!("config.json: {what}, {only}"));
    }
}

#[test]
fn tensors_that_do_not_fit_are_named() {
    let missing = Checkpoint::new().tensors(|all| all.retain(|t| t.0 != "transformer.h.1.ln_2.bias"));
    assert_eq!(
        missing.error(),
        "model.safetensors has no tensor transformer.h.1.ln_2.bias, which config.json calls for"
    );
    let extra = Checkpoint::new().tensors(|all| {
        all.push(("score.weight".to_owned(), Dtype::F32, vec![1], vec![0; 4]));
    });
    assert_eq!(
        extra.error(),
        "model.safetensors has a tensor score.weight that a GPT-2 language model of this config.json does not have"
    );
    let fewer_layers = Checkpoint::new().set("n_layer", json!(2));
    assert!(fewer_layers.error().contains("has a tensor transformer.h.2."));
    let transposed = Checkpoint::new().tensors(|all| {
        let kernel = all.iter_mut().find(|t| t.0.ends_with("h.0.mlp.c_fc.weight"));
        kernel.unwrap().2.reverse();
    });
    assert_eq!(
        transposed.error(),
        "model.safetensors: tensor transformer.h.0.mlp.c_fc.weight has the shape [50, 36], but config.json calls for [36, 50]"
    );
    let integers = Checkpoint::new().tensors(|all| {
        let bias = all.iter_mut().find(|t| t.0.ends_with("ln_f.bias"));
        bias.unwrap().1 = Dtype::I32;
    });
    assert_eq!(
        integers.error(),
        "model.safetensors: tensor transformer.ln_f.bias is stored as I32; F32, F16 and BF16 can be read"
    );
}

#[test]
fn a_head_that_is_not_the_embedding_cannot_be_tied() {
    let error = Checkpoint::new().set("tie_word_embeddings", json!(true)).error();
    assert!(error.contains("lm_head.weight differs from the token embedding"), "{error}");
    let copied = Checkpoint::new().set("tie_word_embeddings", json!(true)).tensors(|all| {
        let table = all.iter().find(|t| t.0 == "transformer.wte.weight");
        let data = table.unwrap().3.clone();
        let head = all.iter_mut().find(|t| t.0 == "lm_head.weight");
        head.unwrap().3 = data;
    });
    assert!(Weights::load(copied.folder.path()).unwrap().head.is_none());
}

#[test]
fn a_truncated_file_is_refused_wherever_it_ends() {
    let checkpoint = Checkpoint::new();
    let path = checkpoint.path("model.safetensors");
    let bytes = fs::read(&path).unwrap();
    for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).unwrap();
        let error = checkpoint.error();
        assert!(error.contains("is truncated or not a safetensors file") || length == 0, "{length}: {error}");
    }
}
