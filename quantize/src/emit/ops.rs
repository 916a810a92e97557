//! The records of the operators, with their parameters, weights and tables.

use tidbit::blob::{
    AddParams, ConvParams, DepthToSpaceParams, GatherParams, MulParams, OpRecord, PadParams,
    PoolParams, Position, ResizeParams, TableParams,
};

use super::builder::{Builder, Tables};
use crate::Error;
use crate::lower::{IntConv, IntGather, IntOp, IntPool, Params};

/// The record of an operator, its parameters appended.
pub(super) fn op_record(
    builder: &mut Builder,
    op: &IntOp,
    planned: &OpRecord,
    tables: &mut Tables,
) -> Result<OpRecord, Error> {
    let (lo, hi) = op.clamp;
    let params = match &op.params {
        Params::Input => 0,
        Params::Conv(conv) => {
            let record = conv_params(builder, conv, op.clamp);
            builder.append_record(&record)
        }
        Params::Pool(pool) => {
            let record = pool_params(builder, pool, op.clamp);
            builder.append_record(&record)
        }
        Params::Add(params) => builder.append_record(&AddParams { lo, hi, ..*params }),
        Params::Mul(params) => builder.append_record(&MulParams { lo, hi, ..*params }),
        Params::Gather(gather) => {
            let record = gather_params(builder, gather);
            builder.append_record(&record)
        }
        Params::Table(table) => {
            let table = builder.append_i8(table.as_slice());
            builder.append_record(&TableParams { table })
        }
        Params::Points(points) => {
            let table = builder.append_points(points.as_slice());
            builder.append_record(&TableParams { table })
        }
        Params::Softmax(table) => {
            let table = tables.place(builder, table);
            builder.append_record(&TableParams { table })
        }
        Params::Pad(_, left) => builder.append_record(&PadParams {
            pad_left: *left as u16,
            reserved: 0,
        }),
        Params::Resize(rows, columns) => {
            let params = ResizeParams {
                rows: append_positions(builder, rows),
                columns: append_positions(builder, columns),
            };
            builder.append_record(&params)
        }
        Params::DepthToSpace(blocks) => builder.append_record(&DepthToSpaceParams {
            block_h: blocks.sides[0] as u16,
            block_w: blocks.sides[1] as u16,
            order: u16::from(blocks.channel_first),
            reserved: 0,
        }),
        Params::ArgMax => 0,
    };
    let (name, name_bytes) = builder.append_name(&op.name)?;
    Ok(OpRecord {
        name_bytes,
        params,
        name,
        ..*planned
    })
}

fn append_positions(builder: &mut Builder, positions: &[Position]) -> u32 {
    let both = positions
        .iter()
        .flat_map(|place| [place.first, place.share]);
    builder.append_u16s(&both.collect::<Vec<_>>())
}

fn conv_params(builder: &mut Builder, conv: &IntConv, clamp: (i16, i16)) -> ConvParams {
    let (lo, hi) = clamp;
    let window = &conv.window;
    ConvParams {
        kernel_h: window.kernel[0] as u16,
        kernel_w: window.kernel[1] as u16,
        stride_w: window.stride[1] as u16,
        dilation_h: window.dilation[0] as u16,
        dilation_w: window.dilation[1] as u16,
        pad_left: window.padding.left as u16,
        groups: conv.groups as u16,
        shift: conv.shift,
        packing: 0,
        lo,
        hi,
        weights: builder.append_i8(&conv.weights),
        bias: builder.append_words(&conv.bias),
        multipliers: builder.append_words(&conv.multipliers),
        pad_pixel: conv
            .pad_pixel
            .as_ref()
            .map_or(0, |pixel| builder.append_i8(pixel)),
    }
}

fn gather_params(builder: &mut Builder, gather: &IntGather) -> GatherParams {
    let mut table = |at: usize| match &gather.tables[at] {
        Some(table) => builder.append_i8(table.as_slice()),
        None => 0,
    };
    let (table_a, table_b) = (table(0), table(1));
    GatherParams {
        map: builder.append_u16s(&gather.map),
        table_a,
        table_b,
        stride_w: gather.stride[1] as u16,
        first_column: gather.first[1] as u16,
    }
}

fn pool_params(builder: &mut Builder, pool: &IntPool, clamp: (i16, i16)) -> PoolParams {
    let (lo, hi) = clamp;
    PoolParams {
        kernel_h: pool.window.kernel[0] as u16,
        kernel_w: pool.window.kernel[1] as u16,
        stride_w: pool.window.stride[1] as u16,
        pad_left: pool.window.padding.left as u16,
        shift: pool.shift,
        by_count: u8::from(pool.multipliers.len() > 1),
        lo,
        hi,
        reserved: 0,
        multipliers: if pool.multipliers.is_empty() {
            0
        } else {
            builder.append_words(&pool.multipliers)
        },
    }
}
