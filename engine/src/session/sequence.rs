//! One sequence of tokens, with its cache.

use crate::error::EngineError;
use crate::kv_cache::KvCache;
use crate::model::Model;
use crate::variant::Decode;

/// The tokens of a sequence. The next forward pass computes those from `cached` on.
#[derive(Debug)]
pub(super) struct Sequence {
    tokens: Vec<u32>,
    /// Number of tokens whose keys and values are in the cache; 0 without a cache.
    cached: usize,
    /// End of the tokens that the next pass computes.
    end: usize,
    pub(super) cache: Option<KvCache>,
}

impl Sequence {
    pub(super) fn new(model: &Model) -> Self {
        Self {
            tokens: Vec::with_capacity(model.config.context),
            cached: 0,
            end: 0,
            cache: match model.variant.decode {
                Decode::Recompute => None,
                Decode::KvCache => Some(KvCache::new(&model.config)),
            },
        }
    }

    pub(super) fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Number of tokens before the first pending one.
    pub(super) fn past(&self) -> usize {
        self.cached
    }

    /// The tokens that the next pass computes.
    pub(super) fn pending(&self) -> &[u32] {
        &self.tokens[self.cached..self.end]
    }

    /// Makes all tokens that are not computed yet pending, or the first `limit` of them.
    pub(super) fn select(&mut self, limit: usize) {
        self.end = self.tokens.len().min(self.cached.saturating_add(limit));
        if let Some(cache) = &mut self.cache {
            cache.grow(self.tokens.len(), self.cached);
        }
    }

    /// Number of tokens that are not computed yet.
    pub(super) fn waiting(&self) -> usize {
        self.tokens.len() - self.cached
    }

    /// Makes room in the cache for `tokens` tokens.
    pub(super) fn reserve(&mut self, tokens: usize) {
        if let Some(cache) = &mut self.cache {
            cache.reserve(tokens, self.cached);
        }
    }

    /// Checks that `tokens` can be appended.
    pub(super) fn check(&self, model: &Model, tokens: &[u32]) -> Result<(), EngineError> {
        let (vocab, context) = (model.config.vocab, model.config.context);
        if tokens.is_empty() {
            return Err(EngineError::EmptyPrompt);
        }
        let requested = self.tokens.len() + tokens.len();
        if requested > context {
            return Err(EngineError::ContextFull { requested, context });
        }
        check_tokens(tokens, vocab)
    }

    /// Appends tokens that were checked.
    pub(super) fn append(&mut self, tokens: &[u32]) {
        self.tokens.extend_from_slice(tokens);
    }

    /// Notes that the pending tokens were computed.
    pub(super) fn computed(&mut self) {
        if self.cache.is_some() {
            self.cached = self.end;
        }
    }

    /// Drops all tokens but the first `position`.
    pub(super) fn truncate(&mut self, position: usize) {
        self.tokens.truncate(position);
        self.cached = self.cached.min(position);
    }

    /// Drops the oldest token. The others get new positions, so all of them become pending.
    pub(super) fn drop_oldest(&mut self) {
        self.tokens.remove(0);
        self.cached = 0;
    }
}

/// Checks that every token is in the vocabulary.
pub(super) fn check_tokens(tokens: &[u32], vocab: usize) -> Result<(), EngineError> {
    match tokens.iter().position(|&token| token as usize >= vocab) {
        Some(place) => Err(EngineError::UnknownToken {
            token: tokens[place],
            place,
            vocab,
        }),
        None => Ok(()),
    }
}
