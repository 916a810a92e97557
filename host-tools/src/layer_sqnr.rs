//! The SQNR of every operator's output: blob against f32 net, row by row.
//!
//! The blob runs with an observer, which holds every row, as soon as it is made, against
//! the same row of the f32 net. Only two sums are kept of each operator and image.

use rayon::prelude::*;
use tidbit::blob::TensorRecord;
use tidbit::kernels::Element;
use tidbit::kernels::bytes::as_i8;
use tidbit::{Model, Observer, Session};
use tidbit_quantize::layer_reference::LayerValues;
use tidbit_quantize::scale::{self, Scale};
use tidbit_quantize::{LayerReference, Sqnr, Watch};

use crate::Error;
use crate::blob::scale;
use crate::dataset::Dataset;
use crate::layer_report::LayerReport;
use crate::layers::layers;
use crate::pixels::Loader;

/// Runs blob and f32 net on every image, on all cores.
///
/// # Errors
/// An image that cannot be read.
pub fn measure(
    model: &Model<'_>,
    reference: &LayerReference,
    (dataset, loader): (&Dataset, &Loader),
    watch: &dyn Watch,
) -> Result<LayerReport, Error> {
    let tensors = model.tables().flow.tensors;
    let meanings: Vec<Meaning> = tensors
        .iter()
        .map(|tensor| Meaning::of(model, &tensor))
        .collect();
    watch.stage("layers", dataset.samples.len() as u64);
    let of_images = dataset.samples.par_iter().map_init(
        || vec![0; model.memory_bytes()],
        |memory, sample| {
            let image = loader.load(&sample.path)?;
            let mut listener = Listener {
                truth: reference.run(&image)?,
                meanings: &meanings,
                sqnrs: vec![Sqnr::default(); meanings.len()],
            };
            Session::new(model, memory)?.run_observed(&image, &mut listener)?;
            watch.step();
            Ok(listener.sqnrs)
        },
    );
    // Summed in the order of the images, so that the figures are the same on every run.
    let of_images: Vec<Vec<Sqnr>> = of_images.collect::<Result<_, Error>>()?;
    let decibels = (0..meanings.len()).map(|at| {
        let of_images = of_images.iter().map(|sqnrs| sqnrs[at]);
        let db = of_images.fold(Sqnr::default(), Sqnr::merge).db();
        // All zeros, and rightly so: neither signal nor noise.
        let db = if db.is_nan() { f64::INFINITY } else { db };
        (at == 0 || reference.knows(at)).then_some(db)
    });
    let decibels: Vec<Option<f64>> = decibels.collect();
    Ok(LayerReport::of(&layers(model)?, &decibels))
}

/// What the elements of a tensor stand for.
struct Meaning {
    scale: Scale,
    /// What the elements of each channel stand for in the f32 net, as a multiple of what they stand
    /// for in the blob; empty where that is the same.
    factors: Vec<f32>,
}

impl Meaning {
    fn of(model: &Model<'_>, tensor: &TensorRecord) -> Self {
        let channels = usize::from(tensor.channels);
        let exponents = match tensor.equalization {
            0 => None,
            offset => model.tables().data.i8s(offset, channels),
        };
        let factor = |exponent: &i8| (f32::from(*exponent) / 8.0).exp2();
        Self {
            scale: scale(tensor),
            factors: exponents.unwrap_or_default().iter().map(factor).collect(),
        }
    }

    /// The real numbers of a row, pixel after pixel. Here, and nowhere else, an element of a layer
    /// becomes the real number that it stands for.
    fn reals(&self, bytes: &[u8]) -> Vec<f32> {
        let bytes = as_i8(bytes);
        let mut reals: Vec<f32> = match self.scale.element {
            scale::Element::Int8 => bytes.iter().map(|&q| self.scale.dequantize(q)).collect(),
            scale::Element::Int16 => <[u8; 2]>::view(bytes)
                .iter()
                .map(|&q| self.scale.dequantize(i16::from_le_bytes(q)))
                .collect(),
        };
        for pixel in reals.chunks_mut(self.factors.len().max(1)) {
            for (real, factor) in pixel.iter_mut().zip(&self.factors) {
                *real *= factor;
            }
        }
        reals
    }
}

/// Holds the rows of an inference against the f32 net.
struct Listener<'a> {
    truth: LayerValues<'a>,
    meanings: &'a [Meaning],
    sqnrs: Vec<Sqnr>,
}

impl Observer for Listener<'_> {
    fn row(&mut self, tensor: u16, row: u16, bytes: &[u8]) {
        let at = usize::from(tensor);
        // The image has no truth besides itself.
        let Some(truth) = self.truth.row(at, row.into()) else {
            return;
        };
        if let Some((sqnr, meaning)) = self.sqnrs.get_mut(at).zip(self.meanings.get(at)) {
            sqnr.add(&truth, meaning.reals(bytes));
        }
    }
}
