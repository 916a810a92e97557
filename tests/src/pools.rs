//! Pools, good and bad, that a step's pieces are given to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tidbit::{Piece, Pool};

/// What a pool does with pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Calls one after another.
    InOrder,
    /// Calls the last one first.
    Backwards,
    /// Calls each on a thread of its own.
    AtOnce,
    /// Against the contract, leaves out every other one, the first among them.
    Dropping,
    /// Against the contract, calls none.
    Idle,
    /// Against the contract, calls each twice, on a thread of its own.
    Twice,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::InOrder,
        Self::Backwards,
        Self::AtOnce,
        Self::Dropping,
        Self::Idle,
        Self::Twice,
    ];
}

/// A pool that works in some way.
#[derive(Debug)]
pub struct TestPool {
    way: Way,
    threads: usize,
    least_macs: u32,
    pieces: AtomicUsize,
}

impl TestPool {
    /// A pool that says it has so many threads.
    pub fn new(way: Way, threads: usize, least_macs: u32) -> Self {
        let pieces = AtomicUsize::new(0);
        Self {
            way,
            threads,
            least_macs,
            pieces,
        }
    }

    /// Pieces that it was given so far.
    pub fn pieces(&self) -> usize {
        self.pieces.load(Ordering::Relaxed)
    }
}

impl Pool for TestPool {
    fn threads(&self) -> usize {
        self.threads
    }

    fn run(&self, pieces: &mut [Piece<'_>]) {
        assert!((2..=self.threads).contains(&pieces.len()));
        self.pieces.fetch_add(pieces.len(), Ordering::Relaxed);
        match self.way {
            Way::InOrder => pieces.iter_mut().for_each(|piece| piece()),
            Way::Backwards => pieces.iter_mut().rev().for_each(|piece| piece()),
            Way::AtOnce => thread::scope(|scope| {
                for piece in pieces {
                    scope.spawn(piece);
                }
            }),
            Way::Dropping => pieces
                .iter_mut()
                .skip(1)
                .step_by(2)
                .for_each(|piece| piece()),
            Way::Idle => (),
            Way::Twice => thread::scope(|scope| {
                for piece in pieces {
                    scope.spawn(|| {
                        piece();
                        piece();
                    });
                }
            }),
        }
    }

    fn least_macs(&self) -> u32 {
        self.least_macs
    }
}
