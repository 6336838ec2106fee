//! Small things that several views draw.

mod field;
mod frame;
mod gauge;
mod hints;
mod wave;

pub(crate) use field::field;
pub(crate) use frame::{boxed, rule};
pub(crate) use gauge::gauge;
pub(crate) use hints::{buttons, hints, sensible_rows};
pub(crate) use wave::wave;
