//! Checkpoints that do not fit are refused with a message of one line that names the file and the entry.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use engine::random::SplitMix64;
use engine::{CheckpointError, ConfigError, Weights};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize_to_file};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A copy of a good checkpoint, to be damaged.
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
        let views = all.iter().map(|(name, dtype, shape, data)| {
            (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
        });
        serialize_to_file(views, None, &path).unwrap();
        self
    }

    fn error(&self) -> CheckpointError {
        Weights::load(self.folder.path()).unwrap_err()
    }

    /// The error message without the name of the folder.
    fn message(&self) -> String {
        let message = self.error().to_string();
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
    for name in ["model.safetensors", "config.json"] {
        fs::remove_file(checkpoint.path(name)).unwrap();
        let CheckpointError::Read { path, source } = checkpoint.error() else {
            panic!("{}", checkpoint.message())
        };
        assert_eq!(
            (path, source.kind()),
            (checkpoint.path(name), ErrorKind::NotFound)
        );
        assert!(
            checkpoint
                .message()
                .starts_with(&format!("cannot read {name}: ")),
            "{}",
            checkpoint.message()
        );
    }
}

#[test]
fn a_configuration_that_is_none_is_refused() {
    let checkpoint = Checkpoint::new();
    for text in ["{\"n_embd\": ", "[]"] {
        fs::write(checkpoint.path("config.json"), text).unwrap();
        let error = checkpoint.error();
        assert!(
            matches!(&error, CheckpointError::Config { reason, .. } if reason.contains("JSON")),
            "{error}"
        );
    }
    let cases = [
        ("n_embd", json!(-3), "-3"),
        ("n_layer", Value::Null, "missing"),
        ("layer_norm_epsilon", json!("small"), "\"small\""),
        ("tie_word_embeddings", json!(1), "1"),
    ];
    for (key, value, found) in cases {
        let checkpoint = Checkpoint::new().set(key, value);
        let CheckpointError::Config { reason, .. } = checkpoint.error() else {
            panic!("{}", checkpoint.message())
        };
        assert!(reason.contains(key) && reason.contains(found), "{reason}");
        assert!(
            checkpoint.message().starts_with("config.json: "),
            "{}",
            checkpoint.message()
        );
    }
    let heads = Checkpoint::new().set("n_head", json!(7)).error();
    let CheckpointError::Sizes { source, .. } = heads else {
        panic!("{heads}")
    };
    assert_eq!(
        source,
        ConfigError::Heads {
            heads: 7,
            embed: 36
        }
    );
}

#[test]
fn other_models_and_settings_are_refused_by_name() {
    let cases = [
        ("model_type", json!("llama"), "gpt2"),
        (
            "architectures",
            json!(["GPT2ForSequenceClassification"]),
            "GPT2LMHeadModel and GPT2Model",
        ),
        (
            "activation_function",
            json!("relu"),
            "gelu_new and gelu_pytorch_tanh",
        ),
        (
            "activation_function",
            json!("gelu"),
            "gelu_new and gelu_pytorch_tanh",
        ),
        ("scale_attn_by_inverse_layer_idx", json!(true), "false"),
        ("reorder_and_upcast_attn", json!(true), "false"),
        ("scale_attn_weights", json!(false), "true"),
        ("add_cross_attention", json!(true), "false"),
    ];
    for (name, setting, only) in cases {
        let checkpoint = Checkpoint::new().set(name, setting.clone());
        let error = checkpoint.error();
        let CheckpointError::Unsupported {
            key,
            value,
            supported,
            ..
        } = &error
        else {
            panic!("{error}")
        };
        let found = setting.get(0).unwrap_or(&setting).to_string();
        assert_eq!((*key, value, *supported), (name, &found, only));
        let message = checkpoint.message();
        assert!(
            message.starts_with("config.json: ")
                && message.contains(name)
                && message.contains(only),
            "{message}"
        );
    }
}

#[test]
fn tensors_that_do_not_fit_are_named() {
    let missing = Checkpoint::new()
        .tensors(|all| all.retain(|t| t.0 != "transformer.h.1.ln_2.bias"))
        .error();
    assert!(
        matches!(&missing, CheckpointError::Missing { name, .. } if name == "transformer.h.1.ln_2.bias"),
        "{missing}"
    );
    let extra = Checkpoint::new().tensors(|all| {
        all.push(("score.weight".to_owned(), Dtype::F32, vec![1], vec![0; 4]));
    });
    assert!(matches!(extra.error(), CheckpointError::Extra { name, .. } if name == "score.weight"));
    assert!(
        extra
            .message()
            .starts_with("model.safetensors has a tensor score.weight"),
        "{}",
        extra.message()
    );
    let fewer_layers = Checkpoint::new().set("n_layer", json!(2)).error();
    assert!(
        matches!(&fewer_layers, CheckpointError::Extra { name, .. } if name.starts_with("transformer.h.2."))
    );
    let transposed = Checkpoint::new().tensors(|all| {
        let kernel = all
            .iter_mut()
            .find(|t| t.0.ends_with("h.0.mlp.c_fc.weight"));
        kernel.unwrap().2.reverse();
    });
    let error = transposed.error();
    let CheckpointError::Shape {
        name,
        found,
        expected,
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(name, "transformer.h.0.mlp.c_fc.weight");
    assert_eq!((&found[..], &expected[..]), (&[50, 36][..], &[36, 50][..]));
    let integers = Checkpoint::new().tensors(|all| {
        let bias = all.iter_mut().find(|t| t.0.ends_with("ln_f.bias"));
        bias.unwrap().1 = Dtype::I32;
    });
    let error = integers.error();
    let CheckpointError::Stored { name, stored, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!((&name[..], &stored[..]), ("transformer.ln_f.bias", "I32"));
    assert!(
        integers.message().contains("F32, F16 and BF16"),
        "{}",
        integers.message()
    );
}

#[test]
fn a_head_that_is_not_the_embedding_cannot_be_tied() {
    let error = Checkpoint::new()
        .set("tie_word_embeddings", json!(true))
        .error();
    assert!(
        matches!(error, CheckpointError::HeadNotTied { .. }),
        "{error}"
    );
    let copied = Checkpoint::new()
        .set("tie_word_embeddings", json!(true))
        .tensors(|all| {
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
        assert!(
            matches!(error, CheckpointError::Damaged { .. }) || length == 0,
            "{length}: {error}"
        );
    }
}

/// Damage at random: bits, lengths and pieces of both files. `CHECKPOINT_CASES` sets how often.
#[test]
fn a_damaged_checkpoint_causes_no_panic() {
    let cases = std::env::var("CHECKPOINT_CASES").map_or(200, |text| text.parse().unwrap());
    let good = Checkpoint::new();
    let files =
        ["config.json", "model.safetensors"].map(|name| (name, fs::read(good.path(name)).unwrap()));
    let mut random = SplitMix64::new(7);
    let mut below = |end: usize| usize::try_from(random.next_u64() % end.max(1) as u64).unwrap();
    let mut refused = 0;
    for _ in 0..cases {
        let checkpoint = Checkpoint::new();
        let (name, bytes) = &files[below(2)];
        let mut bytes = bytes.clone();
        for _ in 0..=below(3) {
            // Most damage is in the header of the tensors, which is at the start.
            let longest = [bytes.len(), bytes.len().min(2000)][below(2)];
            let at = below(longest);
            match below(4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, b"0123456789,:[]{}-e\"\0\xff"[below(20)]),
                2 if at < bytes.len() => bytes[at] ^= 1 << below(8),
                _ => {
                    let end = bytes.len().min(at + below(20));
                    bytes.drain(at..end);
                }
            }
        }
        fs::write(checkpoint.path(name), bytes).unwrap();
        refused += usize::from(Weights::load(checkpoint.folder.path()).is_err());
    }
    assert!(
        refused > cases / 4,
        "only {refused} of {cases} were refused"
    );
}
