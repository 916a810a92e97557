//! The order of a blob's weights, for another target: the same blob, the same answers, another speed.
//!
//! Hosts use it too: before many images are run, a blob's weights are put into the order that the
//! host's own kernels run fast.

use tidbit::Model;
use tidbit::blob::checksum::checksum;
use tidbit::blob::header::{CHECKSUM_LEN, NONE};
use tidbit::blob::{ConvParams, OpKind, OpRecord, Record};
use tidbit::kernels::Packing;

use crate::Error;

/// The blob with its weights in the order for a target.
///
/// # Errors
/// [`Error::Refused`] if the blob is not valid.
pub fn repack(blob: &[u8], packing: Packing) -> Result<Vec<u8>, Error> {
    let model = Model::new(blob)?;
    let tables = model.tables();
    let broken = Error::Refused(tidbit::Error::Inconsistent { op: NONE });
    let mut packed = blob.to_vec();
    let mut moved = false;
    let pairs = tables.flow.ops.iter().zip(tables.flow.tensors.iter());
    for (op, output) in pairs {
        let kind = OpKind::from_byte(op.kind);
        if !matches!(kind, Some(OpKind::Conv | OpKind::Depthwise)) {
            continue;
        }
        let input = tables.flow.tensors.get(op.input_a);
        let params: Option<ConvParams> = tables.data.params(&op);
        let (Some(params), Some(input)) = (params, input) else {
            return Err(broken);
        };
        let Some(order) = params.order() else {
            return Err(broken);
        };
        if order == packing {
            continue;
        }
        moved = true;
        let outputs = usize::from(output.channels);
        let taps = usize::from(params.kernel_h) * usize::from(params.kernel_w);
        let start = params.weights as usize;
        if kind == Some(OpKind::Depthwise) {
            let old = strides(order, outputs, taps);
            let new = strides(packing, outputs, taps);
            for channel in 0..outputs {
                for tap in 0..taps {
                    packed[start + channel * new.0 + tap * new.1] =
                        blob[start + channel * old.0 + tap * old.1];
                }
            }
        } else {
            let groups = usize::from(params.groups);
            let shape = (
                outputs / groups,
                taps * usize::from(input.channels) / groups,
            );
            for group in 0..groups {
                let start = start + group * shape.0 * shape.1;
                for n in 0..shape.0 {
                    for k in 0..shape.1 {
                        packed[start + packing.place(shape, n, k)] =
                            blob[start + order.place(shape, n, k)];
                    }
                }
            }
        }
        let params = ConvParams {
            packing: packing.byte(),
            ..params
        };
        put(&mut packed, &op, &params);
    }
    if !moved {
        return Ok(packed);
    }
    let end = packed.len() - CHECKSUM_LEN;
    let sum = checksum(&packed[..end]);
    packed[end..].copy_from_slice(&sum.to_le_bytes());
    Model::new(&packed)?;
    Ok(packed)
}

/// Distance of a depthwise convolution's output channels and of its taps.
fn strides(packing: Packing, outputs: usize, taps: usize) -> (usize, usize) {
    if packing.depthwise_by_channel() {
        (taps, 1)
    } else {
        (1, outputs)
    }
}

/// Writes an operator's parameters where they lie.
fn put(blob: &mut [u8], op: &OpRecord, params: &ConvParams) {
    let place = blob.get_mut(op.params as usize..);
    place
        .and_then(|place| params.emit(place))
        .expect("they were read from there");
}
