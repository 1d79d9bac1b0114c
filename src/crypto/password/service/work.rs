//! What runs on a blocking thread.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use argon2::Block;
use zeroize::{Zeroize, Zeroizing};

use super::Service;
use crate::crypto::derive;
use crate::crypto::password::argon::{self, Hash, OUTPUT, Variant};
use crate::crypto::password::cost::PasswordCost;
use crate::crypto::password::foreign::{Foreign, Kind, PasswordScheme, Weak};
use crate::crypto::password::plain::Typed;
use crate::crypto::password::stored::Stored;
use crate::error::{Error, Result};

impl Service {
    /// `None` when the password is wrong, else whether the hash is lower than one made now.
    pub(super) fn compare(&self, typed: &Typed, stored: Option<&Stored>) -> Result<Option<bool>> {
        match stored {
            None => {
                self.throw_away(&self.cost, &typed.normal)?;
                self.second_form(typed).map(|()| None)
            }
            Some(Stored::Own(hash)) => {
                let is_lower = self.compare_own(&typed.normal, hash)?;
                if is_lower.is_none() {
                    self.second_form(typed)?;
                }
                Ok(is_lower)
            }
            Some(Stored::Wrapped(weak, hash)) => self.compare_wrapped(typed, weak, hash),
            Some(Stored::Imported(foreign)) => self.compare_foreign(typed, foreign),
        }
    }

    /// A wrapped hash is compared with both forms of a password: where there may be such, all others cost as much.
    fn second_form(&self, typed: &Typed) -> Result<()> {
        match &typed.raw {
            Some(raw) if self.foreign.takes_weak() => self.throw_away(&self.cost, raw),
            _ => Ok(()),
        }
    }

    fn compare_own(&self, password: &[u8], hash: &Hash) -> Result<Option<bool>> {
        if self.is_hash_of(Variant::OWN, password, hash)? {
            return Ok(Some(hash.cost.is_below(&self.cost)));
        }
        self.top_up_cost(password, &hash.cost)?;
        Ok(None)
    }

    fn compare_wrapped(&self, typed: &Typed, weak: &Weak, hash: &Hash) -> Result<Option<bool>> {
        for password in typed.forms() {
            let input = self.foreign.input(weak.scheme, password)?;
            let digest = input.and_then(|input| weak.digest(&input));
            // What the scheme cannot hash, for its length or a zero in it, costs the same.
            let bytes = digest.as_ref().map_or(&[][..], |digest| digest.as_slice());
            if self.is_hash_of(Variant::OWN, bytes, hash)? && digest.is_some() {
                return Ok(Some(true));
            }
            self.top_up_cost(password, &hash.cost)?;
        }
        Ok(None)
    }

    fn compare_foreign(&self, typed: &Typed, foreign: &Foreign) -> Result<Option<bool>> {
        let start = Instant::now();
        let is_right = self.is_any(typed, foreign.scheme, |input| {
            if let Kind::Argon { variant, hash } = &foreign.kind {
                return self.is_hash_of(*variant, input, hash);
            }
            self.hashes.fetch_add(1, Ordering::SeqCst);
            let output = foreign.kind.compute(input)?;
            Ok(output.is_some_and(|output| derive::equal(&output, foreign.kind.output())))
        })?;
        if !is_right {
            self.top_up_time(&typed.normal, start.elapsed())?;
        }
        Ok(is_right.then_some(true))
    }

    /// Tries the normal form and then, where it differs, what was typed.
    fn is_any(
        &self,
        typed: &Typed,
        scheme: PasswordScheme,
        is_right: impl Fn(&[u8]) -> Result<bool>,
    ) -> Result<bool> {
        for password in typed.forms() {
            if let Some(input) = self.foreign.input(scheme, password)?
                && is_right(&input)?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A wrong password for an account from before the cost was raised would else be answered faster than one for
    /// no account.
    fn top_up_cost(&self, password: &[u8], spent: &PasswordCost) -> Result<()> {
        if spent.work() >= self.cost.work() {
            return Ok(());
        }
        self.throw_away(&self.cost.remainder(spent), password)
    }

    /// Works as long as a hash of our own would have taken longer, so that a wrong password for an account with a
    /// cheap foreign hash is not answered faster than one for no account. Nothing takes back the time of a dear one.
    fn top_up_time(&self, password: &[u8], spent: Duration) -> Result<()> {
        let spent = u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX);
        let missing = match self.own_nanos.load(Ordering::Relaxed) {
            // None was made yet: rather too much than too little.
            0 => 1000,
            own => own.saturating_sub(spent).saturating_mul(1000) / own,
        };
        let memory = u64::from(self.cost.memory_kib) * missing / 1000;
        let least = self.cost.parallelism.saturating_mul(8);
        let memory_kib = u32::try_from(memory).unwrap_or(self.cost.memory_kib);
        if memory_kib < least {
            return Ok(());
        }
        let rest = PasswordCost {
            memory_kib,
            ..self.cost
        };
        self.throw_away(&rest, password)
    }

    /// A hash for nothing but its time.
    fn throw_away(&self, cost: &PasswordCost, password: &[u8]) -> Result<()> {
        let mut output = Zeroizing::new([0; OUTPUT]);
        self.compute(Variant::OWN, cost, password, &self.dummy_salt, &mut output[..])
    }

    fn is_hash_of(&self, variant: Variant, input: &[u8], hash: &Hash) -> Result<bool> {
        let mut output = Zeroizing::new(vec![0; hash.output.len()]);
        self.compute(variant, &hash.cost, input, &hash.salt, &mut output)?;
        Ok(derive::equal(&output, &hash.output))
    }

    pub(super) fn compute(
        &self,
        variant: Variant,
        cost: &PasswordCost,
        password: &[u8],
        salt: &[u8],
        output: &mut [u8],
    ) -> Result<()> {
        self.hashes.fetch_add(1, Ordering::SeqCst);
        let start = Instant::now();
        let blocks = argon::blocks(cost)?;
        let kept = match blocks <= self.blocks {
            true => self.buffers().pop(),
            false => None,
        };
        let mut buffer = match kept {
            Some(buffer) => buffer,
            None => Buffer::new(blocks.max(self.blocks))?,
        };
        let result = argon::compute(variant, cost, password, salt, output, &mut buffer.memory);
        buffer.used = buffer.used.max(blocks);
        if buffer.memory.len() == self.blocks {
            self.buffers().push(buffer);
        } else {
            // A foreign hash of more memory gives it back to the system.
            buffer.wipe();
        }
        if *cost == self.cost {
            let nanos = u64::try_from(start.elapsed().as_nanos())
                .unwrap_or(u64::MAX)
                .max(1);
            // Two threads that overwrite one another's reading do no harm.
            let known = self.own_nanos.load(Ordering::Relaxed);
            let next = if known == 0 {
                nanos
            } else {
                known - known / 8 + nanos / 8
            };
            self.own_nanos.store(next.max(1), Ordering::Relaxed);
        }
        result
    }

    /// Wipes what hashes have left behind. Whoever has worked calls it before his slot is free again, so whichever buffers
    /// he finds, none stays as it is.
    pub(super) fn wipe(&self) {
        loop {
            let mut buffers = self.buffers();
            let Some(dirty) = buffers.iter().position(|buffer| buffer.used > 0) else {
                return;
            };
            let mut buffer = buffers.swap_remove(dirty);
            drop(buffers);
            buffer.wipe();
            self.buffers().push(buffer);
        }
    }

    pub(super) fn buffers(&self) -> std::sync::MutexGuard<'_, Vec<Buffer>> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Memory for a hash.
pub(super) struct Buffer {
    pub(super) memory: Vec<Block>,
    /// How much of it a hash has written since it was last wiped.
    used: usize,
}

impl Buffer {
    /// Fresh memory; an error when there is none, where `vec!` would end the process.
    fn new(blocks: usize) -> Result<Self> {
        let mut memory = Vec::new();
        memory
            .try_reserve_exact(blocks)
            .map_err(|error| Error::internal("no memory for a hash").with_source(error))?;
        memory.resize(blocks, Block::new());
        Ok(Buffer { memory, used: 0 })
    }

    /// What is left in there would let guesses be checked at a fraction of the cost. Takes half a millisecond.
    fn wipe(&mut self) {
        self.memory.iter_mut().take(self.used).for_each(Zeroize::zeroize);
        self.used = 0;
    }
}
