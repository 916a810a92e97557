//! The SQNR of every operator's output: blob against f32 net, row by row.
//!
//! The blob runs with an observer, which holds every row of int8, as soon as it is made, against
//! the same row of the f32 net. Only two sums are kept of each operator and image.

use rayon::prelude::*;
use tidbit::kernels::bytes::as_i8;
use tidbit::{Model, Observer, Session};
use tidbit_quantize::layer_reference::LayerValues;
use tidbit_quantize::scale::Scale;
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
    let scales: Vec<Scale> = tensors.iter().map(|tensor| scale(&tensor)).collect();
    watch.stage("layers", dataset.samples.len() as u64);
    let of_images = dataset.samples.par_iter().map_init(
        || vec![0; model.memory_bytes()],
        |memory, sample| {
            let image = loader.load(&sample.path)?;
            let mut listener = Listener {
                truth: reference.run(&image)?,
                scales: &scales,
                sqnrs: vec![Sqnr::default(); scales.len()],
            };
            Session::new(model, memory)?.run_observed(&image, &mut listener)?;
            watch.step();
            Ok(listener.sqnrs)
        },
    );
    // Summed in the order of the images, so that the figures are the same on every run.
    let of_images: Vec<Vec<Sqnr>> = of_images.collect::<Result<_, Error>>()?;
    let decibels = (0..scales.len()).map(|at| {
        let of_images = of_images.iter().map(|sqnrs| sqnrs[at]);
        let db = of_images.fold(Sqnr::default(), Sqnr::merge).db();
        // All zeros, and rightly so: neither signal nor noise.
        if db.is_nan() { f64::INFINITY } else { db }
    });
    let decibels: Vec<f64> = decibels.collect();
    Ok(LayerReport::of(&layers(model)?, &decibels))
}

/// Holds the rows of an inference against the f32 net.
struct Listener<'a> {
    truth: LayerValues<'a>,
    scales: &'a [Scale],
    sqnrs: Vec<Sqnr>,
}

impl Observer for Listener<'_> {
    fn row(&mut self, tensor: u16, row: u16, bytes: &[u8]) {
        let at = usize::from(tensor);
        // The image has no truth besides itself.
        let Some(truth) = self.truth.row(at, row.into()) else {
            return;
        };
        // Here, and nowhere else, an int8 of a layer becomes the real number that it stands for.
        if let Some((sqnr, scale)) = self.sqnrs.get_mut(at).zip(self.scales.get(at)) {
            sqnr.add(&truth, as_i8(bytes).iter().map(|&q| scale.dequantize(q)));
        }
    }
}
