//! Logging that is there with a defmt logger and costs nothing without one.

/// Logs at level info.
macro_rules! info {
    ($($part:expr),+) => {{
        #[cfg(feature = "defmt")]
        defmt::info!($($part),+);
        #[cfg(not(feature = "defmt"))]
        let _ = ($($part),+);
    }};
}

/// Logs at level error.
macro_rules! error {
    ($($part:expr),+) => {{
        #[cfg(feature = "defmt")]
        defmt::error!($($part),+);
        #[cfg(not(feature = "defmt"))]
        let _ = ($($part),+);
    }};
}

pub(crate) use {error, info};
