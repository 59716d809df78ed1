//! Reads the `config.json` of a GPT-2 checkpoint. A key that changes the computation is applied or refused, never
//! ignored.

use std::path::Path;

use serde_json::{Map, Value};

use super::CheckpointError;
use crate::config::{Activation, Config};

/// Reads and checks the configuration file at `path`.
pub(super) fn read(path: &Path) -> Result<Config, CheckpointError> {
    let text = std::fs::read_to_string(path).map_err(|source| CheckpointError::Read {
        path: path.to_owned(),
        source,
    })?;
    let wrong = |reason: String| CheckpointError::Config {
        path: path.to_owned(),
        reason,
    };
    let value: Value =
        serde_json::from_str(&text).map_err(|error| wrong(format!("not JSON: {error}")))?;
    let Value::Object(values) = value else {
        return Err(wrong("not a JSON object".to_owned()));
    };
    let reader = Reader {
        path,
        values: &values,
    };
    reader.refuse_other_models()?;
    let config = reader.config()?;
    config.validate().map_err(|source| CheckpointError::Sizes {
        path: path.to_owned(),
        source,
    })?;
    Ok(config)
}

struct Reader<'a> {
    path: &'a Path,
    values: &'a Map<String, Value>,
}

impl Reader<'_> {
    fn config(&self) -> Result<Config, CheckpointError> {
        let embed = self.size("n_embd")?;
        let context = self.size("n_positions")?;
        if let Some(n_ctx) = self.get("n_ctx")
            && n_ctx.as_u64() != Some(context as u64)
        {
            return Err(self.wrong(format!(
                "n_ctx is {n_ctx} but n_positions is {context}; they must agree"
            )));
        }
        let inner = match self.get("n_inner") {
            Some(_) => self.size("n_inner")?,
            None => embed.saturating_mul(4),
        };
        Ok(Config {
            vocab: self.size("vocab_size")?,
            context,
            embed,
            layers: self.size("n_layer")?,
            heads: self.size("n_head")?,
            inner,
            epsilon: self.epsilon()?,
            activation: self.activation()?,
            tied_head: self.flag("tie_word_embeddings", true)?,
        })
    }

    /// Refuses settings that change the forward pass of GPT-2.
    fn refuse_other_models(&self) -> Result<(), CheckpointError> {
        match self.get("model_type") {
            Some(Value::String(kind)) if kind == "gpt2" => {}
            Some(other) => return Err(self.unsupported("model_type", other, "gpt2")),
            None => return Err(self.wrong("model_type is missing; it must be \"gpt2\"".to_owned())),
        }
        if let Some(Value::Array(names)) = self.get("architectures") {
            let known = ["GPT2LMHeadModel", "GPT2Model"];
            if let Some(other) = names
                .iter()
                .find(|name| !known.iter().any(|known| *name == known))
            {
                return Err(self.unsupported(
                    "architectures",
                    other,
                    "GPT2LMHeadModel and GPT2Model",
                ));
            }
        }
        let required = [
            ("scale_attn_weights", true, "true"),
            ("scale_attn_by_inverse_layer_idx", false, "false"),
            ("reorder_and_upcast_attn", false, "false"),
            ("add_cross_attention", false, "false"),
            ("is_encoder_decoder", false, "false"),
        ];
        for (key, value, supported) in required {
            if self.flag(key, value)? != value {
                return Err(self.unsupported(key, &Value::Bool(!value), supported));
            }
        }
        match self.get("quantization_config") {
            Some(other) => Err(self.unsupported("quantization_config", other, "unquantized files")),
            None => Ok(()),
        }
    }

    fn activation(&self) -> Result<Activation, CheckpointError> {
        match self.get("activation_function") {
            None => Ok(Activation::GeluTanh),
            Some(Value::String(name)) if name == "gelu_new" || name == "gelu_pytorch_tanh" => {
                Ok(Activation::GeluTanh)
            }
            Some(other) => Err(self.unsupported(
                "activation_function",
                other,
                "gelu_new and gelu_pytorch_tanh",
            )),
        }
    }

    fn epsilon(&self) -> Result<f32, CheckpointError> {
        match self.get("layer_norm_epsilon") {
            None => Ok(1e-5),
            Some(value) => value
                .as_f64()
                .map(|epsilon| epsilon as f32)
                .ok_or_else(|| self.wrong(format!("layer_norm_epsilon is {value}, not a number"))),
        }
    }

    fn size(&self, key: &'static str) -> Result<usize, CheckpointError> {
        let Some(value) = self.get(key) else {
            return Err(self.wrong(format!("{key} is missing")));
        };
        value
            .as_u64()
            .and_then(|size| usize::try_from(size).ok())
            .ok_or_else(|| self.wrong(format!("{key} is {value}, not a size")))
    }

    fn flag(&self, key: &'static str, default: bool) -> Result<bool, CheckpointError> {
        match self.get(key) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(self.wrong(format!("{key} is {other}, not true or false"))),
        }
    }

    /// The value of `key`; `null` means absent, as in Hugging Face transformers.
    fn get(&self, key: &str) -> Option<&Value> {
        self.values.get(key).filter(|value| !value.is_null())
    }

    fn wrong(&self, reason: String) -> CheckpointError {
        CheckpointError::Config {
            path: self.path.to_owned(),
            reason,
        }
    }

    fn unsupported(
        &self,
        key: &'static str,
        value: &Value,
        supported: &'static str,
    ) -> CheckpointError {
        CheckpointError::Unsupported {
            path: self.path.to_owned(),
            key,
            value: value.to_string(),
            supported,
        }
    }
}
