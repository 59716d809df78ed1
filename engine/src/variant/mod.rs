//! Variants of the engine: one choice on every axis, so that each optimization can be switched on alone and measured.

mod axes;
mod phases;

pub use axes::{
    Attention, Buffers, Decode, Embedding, Gelu, LayerNorm, MatMul, Qkv, Residual, Softmax,
    WeightStorage,
};
pub use phases::{Phase, phases};

/// Error for a name that has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {kind} '{name}'; known are: {}", allowed.join(", "))]
pub struct UnknownName {
    /// Kind of the name: `phase`, `axis`, `instruction set`, or the axis of a value.
    pub kind: &'static str,
    /// The name that was given.
    pub name: String,
    /// The known names.
    pub allowed: Vec<&'static str>,
}

impl UnknownName {
    /// An error for `name`, which is none of `allowed`.
    pub fn new(kind: &'static str, name: &str, allowed: &[&'static str]) -> Self {
        Self {
            kind,
            name: name.to_owned(),
            allowed: allowed.to_vec(),
        }
    }
}

/// Defines [`Variant`] and everything that lists the axes.
macro_rules! variant {
    ($($(#[$meta:meta])* $field:ident: $axis:ident),+ $(,)?) => {
        /// One choice on every axis.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Variant {
            $($(#[$meta])* pub $field: $axis),+
        }

        impl Variant {
            /// Every axis by name, with the names of its values, the plain one first.
            pub const AXES: &'static [(&'static str, &'static [&'static str])] =
                &[$(($axis::AXIS, $axis::NAMES)),+];

            /// The plain choice on every axis.
            pub const fn naive() -> Self {
                Self { $($field: $axis::ALL[0]),+ }
            }

            /// This variant with one axis changed, both given by name.
            ///
            /// # Errors
            /// Returns an error if there is no such axis, or no such value on it.
            pub fn with(mut self, axis: &str, value: &str) -> Result<Self, UnknownName> {
                match axis {
                    $($axis::AXIS => self.$field = value.parse()?,)+
                    _ => return Err(UnknownName::new("axis", axis, &[$($axis::AXIS),+])),
                }
                Ok(self)
            }

            /// The name of the axis and of its value, axis by axis.
            pub fn choices(&self) -> Vec<(&'static str, &'static str)> {
                vec![$(($axis::AXIS, self.$field.name())),+]
            }
        }
    };
}

variant! {
    /// Matrix products with the weights.
    matmul: MatMul,
    /// LayerNorm.
    layer_norm: LayerNorm,
    /// Softmax over attention scores.
    softmax: Softmax,
    /// The activation of the MLP.
    gelu: Gelu,
    /// Attention.
    attention: Attention,
    /// Token and position embedding.
    embedding: Embedding,
    /// Residual additions.
    residual: Residual,
    /// Split of the fused projection.
    qkv: Qkv,
    /// Memory of outputs.
    buffers: Buffers,
    /// Computation of a decode step.
    decode: Decode,
    /// Storage of weights.
    weights: WeightStorage,
}

impl Variant {
    /// The variant that a phase of the roadmap names.
    ///
    /// # Errors
    /// Returns an error if there is no phase of that name; the message lists the phases.
    pub fn phase(name: &str) -> Result<Self, UnknownName> {
        phases()
            .iter()
            .find(|phase| phase.name == name)
            .map(|phase| phase.variant)
            .ok_or_else(|| {
                let names: Vec<_> = phases().iter().map(|phase| phase.name).collect();
                UnknownName::new("phase", name, &names)
            })
    }

    /// Parses a phase followed by changes, such as `optimized` or `optimized,layer_norm=welford,buffers=fresh`.
    ///
    /// # Errors
    /// Returns an error if a phase, an axis or a value is unknown.
    pub fn parse(text: &str) -> Result<Self, UnknownName> {
        let mut parts = text.split(',').map(str::trim);
        let mut variant = Self::phase(parts.next().unwrap_or_default())?;
        for part in parts {
            let (axis, value) = part.split_once('=').unwrap_or((part, ""));
            variant = variant.with(axis, value)?;
        }
        Ok(variant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_of_every_axis_can_be_named() {
        for (axis, names) in Variant::AXES {
            for name in *names {
                let variant = Variant::naive().with(axis, name).unwrap();
                assert!(variant.choices().contains(&(axis, name)));
            }
        }
    }

    #[test]
    fn unknown_names_list_what_there_is() {
        let error = Variant::naive().with("matmul", "magic").unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown matmul 'magic'; known are: naive, blocked, simd, parallel"
        );
        assert_eq!(
            Variant::naive().with("colour", "red").unwrap_err().kind,
            "axis"
        );
        assert_eq!(Variant::phase("fastest").unwrap_err().kind, "phase");
    }

    #[test]
    fn serialized_names_are_the_displayed_ones() {
        let variant = Variant::phase("kv-cache").unwrap();
        let json = serde_json::to_value(variant).unwrap();
        for (axis, name) in variant.choices() {
            assert_eq!(json[axis], name);
        }
        assert_eq!(serde_json::from_value::<Variant>(json).unwrap(), variant);
    }

    #[test]
    fn a_phase_can_be_changed_in_place() {
        let variant = Variant::parse("optimized,layer_norm=welford, buffers=fresh").unwrap();
        assert_eq!(variant.layer_norm, LayerNorm::Welford);
        assert_eq!(variant.buffers, Buffers::Fresh);
        assert!(Variant::parse("optimized,layer_norm").is_err());
    }
}
