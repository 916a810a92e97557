//! One inference on several cores: the rows of a large step are shared out among threads of the caller.
//!
//! The runtime starts no thread by itself: it has no operating system to ask. A caller that has threads
//! lends them as a [`Pool`], with [`Session::with_pool`](crate::Session::with_pool). Of a convolution that is
//! worth it each thread then makes some rows, which lie apart and which it alone writes, while all read the
//! rest of the arena. So the answer is the same, byte for byte, however many threads there are and in
//! whatever order they work. All other steps, and those of plans that make a row or two at a time, stay on the
//! thread that called: threads serve plans with much memory, above all those of `--ram layerwise`.
//!
//! A pool is a few safe lines:
//!
//! ```
//! use tidbit::{Piece, Pool};
//!
//! struct Scoped(usize);
//!
//! impl Pool for Scoped {
//!     fn threads(&self) -> usize {
//!         self.0
//!     }
//!
//!     fn run(&self, pieces: &mut [Piece<'_>]) {
//!         std::thread::scope(|scope| {
//!             for piece in pieces {
//!                 scope.spawn(piece);
//!             }
//!         });
//!     }
//! }
//!
//! # fn demo(model: &tidbit::Model<'_>, image: &[u8]) -> Result<(), tidbit::Error> {
//! let pool = Scoped(4);
//! let mut memory = vec![0; model.memory_bytes_for(pool.threads())];
//! let mut session = tidbit::Session::with_pool(model, &mut memory, tidbit::kernels::kernels(), &pool)?;
//! session.run(image)?;
//! # Ok(())
//! # }
//! ```
//!
//! Faster is a pool whose threads wait for work, as those of rayon; `tidbit bench --threads` has one.

mod cut;
mod pieces;

pub(crate) use pieces::{Others, Part, share};

/// Most pieces that a step is cut into, and so the most threads that are made use of.
pub const MAX_THREADS: usize = 16;

/// What [`Pool::least_macs`] is unless a pool says otherwise. Found on two cores of an x86-64 with AVX-512 VNNI and
/// threads of rayon, over nets of 7 to 300 million multiply-accumulates: with 2¹⁹ some were slower than on one
/// thread, with 2²² little was gained.
pub const LEAST_MACS: u32 = 1 << 20;

/// Some rows of a step. The first call makes them, further ones do nothing.
pub type Piece<'a> = &'a mut (dyn FnMut() + Send);

/// Threads that a caller lends.
///
/// No pool can harm memory or the answer: what it leaves out is made by the thread that called, and a piece that it
/// calls again does nothing.
pub trait Pool: Sync {
    /// How many pieces can run at once. It is asked once, by
    /// [`Session::with_pool`](crate::Session::with_pool); no more than [`MAX_THREADS`] are made use of, and with 0
    /// or 1 nothing is cut.
    fn threads(&self) -> usize;

    /// Calls each of the pieces, in any order, on any threads, and returns when all are done. There are two at
    /// least, and no more than [`threads`](Self::threads) said.
    fn run(&self, pieces: &mut [Piece<'_>]);

    /// The least work that is worth handing over, in multiply-accumulates of a convolution: no piece has
    /// less. It has to be far more than what a core does while the pool hands over a piece, so a pool for slower cores
    /// may ask for less, and one that starts threads has to ask for more.
    fn least_macs(&self) -> u32 {
        LEAST_MACS
    }
}
