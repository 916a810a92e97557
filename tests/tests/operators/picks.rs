//! What picks and rearranges: concatenations, parts, slices, shuffles and channels of zeros, on
//! images of either order of dimensions.

use tidbit_tests::onnx::{Attr, Net};

use crate::{Case, IMAGE, SINGLE, WEIGHTED, case, kernel, strides};

fn axis(axis: i64) -> (&'static str, Attr) {
    ("axis", Attr::Int(axis))
}

fn transpose(net: &mut Net, x: &str, perm: &[i64]) -> String {
    net.node("Transpose", &[x], &[("perm", Attr::Ints(perm.to_vec()))])
}

fn reshape(net: &mut Net, x: &str, dims: &[i64]) -> String {
    let dims = net.ints(dims);
    net.node("Reshape", &[x, &dims], &[])
}

/// Slice by inputs: starts, ends, axes, steps.
fn slice(net: &mut Net, x: &str, lists: [&[i64]; 4]) -> String {
    let lists = lists.map(|list| net.ints(list));
    let inputs: Vec<&str> = std::iter::once(x)
        .chain(lists.iter().map(String::as_str))
        .collect();
    net.node("Slice", &inputs, &[])
}

/// An image of eight channels and 10 × 9 pixels.
fn image(net: &mut Net) -> String {
    net.conv("image", [8, 3, 3, 3], &[])
}

fn concats() -> Vec<Case> {
    vec![
        case("Concat of two branches", WEIGHTED, IMAGE, |net| {
            let (x, y) = (image(net), image(net));
            net.node("Concat", &[&x, &y], &[axis(1)])
        }),
        case(
            "Concat of branches with ranges of their own",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = image(net);
                let narrow = net.constant(&[], &[0.1]);
                let y = net.node("Mul", &[&x, &narrow], &[]);
                let z = net.conv(&x, [4, 8, 1, 1], &[]);
                let all = net.node("Concat", &[&y, &x, &z], &[axis(-3)]);
                net.conv(&all, [6, 20, 1, 1], &[])
            },
        ),
        case(
            "Concat of five, one of them twice",
            WEIGHTED,
            IMAGE,
            |net| {
                let branches: Vec<String> = (0..4).map(|_| image(net)).collect();
                let [a, b, c, d] = [0, 1, 2, 3].map(|at| branches[at].as_str());
                net.node("Concat", &[a, b, a, c, d], &[axis(1)])
            },
        ),
        case(
            "Concat of a pool and the image that it pools",
            WEIGHTED,
            IMAGE,
            |net| {
                let x = image(net);
                let y = net.node("MaxPool", &[&x], &[kernel(2, 2), strides(2, 2)]);
                let z = net.conv(&x, [4, 8, 2, 2], &[strides(2, 2)]);
                net.node("Concat", &[&z, &y], &[axis(1)])
            },
        ),
        case("Concat of vectors", WEIGHTED, IMAGE, |net| {
            let x = net.node("GlobalAveragePool", &["image"], &[]);
            let x = net.node("Flatten", &[&x], &[]);
            let y = net.node("GlobalMaxPool", &["image"], &[]);
            let y = net.node("Flatten", &[&y], &[]);
            net.node("Concat", &[&x, &y], &[axis(1)])
        }),
        case("Concat of NHWC images", WEIGHTED, IMAGE, |net| {
            let (x, y) = (image(net), image(net));
            let [x, y] = [x, y].map(|x| transpose(net, &x, &[0, 2, 3, 1]));
            net.node("Concat", &[&x, &y], &[axis(3)])
        }),
    ]
}

fn parts() -> Vec<Case> {
    vec![
        case("Split into equal parts", WEIGHTED, IMAGE, |net| {
            let x = image(net);
            let parts = net.parts("Split", &[&x], &[axis(1)], 2);
            let y = net.conv(&parts[1], [4, 4, 1, 1], &[]);
            net.node("Concat", &[&y, &parts[0]], &[axis(1)])
        }),
        case("Split into parts of given sizes", WEIGHTED, IMAGE, |net| {
            let x = image(net);
            let sizes = net.ints(&[1, 5, 2]);
            let parts = net.parts("Split", &[&x, &sizes], &[axis(1)], 3);
            let y = net.node("Relu", &[&parts[1]], &[]);
            net.node("Concat", &[&parts[2], &y, &parts[0]], &[axis(1)])
        }),
        case("Slice of channels, from behind", WEIGHTED, IMAGE, |net| {
            let x = image(net);
            slice(net, &x, [&[-5], &[i64::MAX], &[1], &[2]])
        }),
        case(
            "Slice of every other row and column",
            SINGLE,
            IMAGE,
            |net| slice(net, "image", [&[1, 0], &[i64::MAX, 10], &[2, 3], &[2, 3]]),
        ),
        case("Slice of rows of an NHWC image", WEIGHTED, IMAGE, |net| {
            let x = image(net);
            let x = transpose(net, &x, &[0, 2, 3, 1]);
            let y = slice(net, &x, [&[2], &[-1], &[1], &[1]]);
            let y = transpose(net, &y, &[0, 3, 1, 2]);
            net.conv(&y, [5, 8, 3, 3], &[])
        }),
        case("Gather of channels", WEIGHTED, IMAGE, |net| {
            let x = image(net);
            let list = net.ints(&[7, 0, 0, -2]);
            net.node("Gather", &[&x, &list], &[axis(1)])
        }),
    ]
}

fn rearrangements() -> Vec<Case> {
    vec![
        case("shortcut with channels of zeros", WEIGHTED, IMAGE, |net| {
            let x = image(net);
            let y = net.conv(&x, [12, 8, 1, 1], &[strides(2, 2)]);
            let x = slice(net, &x, [&[0, 0], &[i64::MAX, i64::MAX], &[2, 3], &[2, 2]]);
            let amounts = net.ints(&[0, 2, 0, 0, 0, 2, 0, 0]);
            let x = net.node("Pad", &[&x, &amounts], &[]);
            net.node("Add", &[&y, &x], &[])
        }),
        case("channel shuffle", WEIGHTED, IMAGE, |net| {
            let x = image(net);
            let x = reshape(net, &x, &[1, 2, 4, 10, 9]);
            let x = transpose(net, &x, &[0, 2, 1, 3, 4]);
            let x = reshape(net, &x, &[1, 8, 10, 9]);
            net.conv(&x, [6, 4, 3, 3], &[("group", Attr::Int(2))])
        }),
        case("channel shuffle of an NHWC image", WEIGHTED, IMAGE, |net| {
            let x = image(net);
            let x = transpose(net, &x, &[0, 2, 3, 1]);
            let x = reshape(net, &x, &[10, 9, 4, 2]);
            let x = transpose(net, &x, &[0, 1, 3, 2]);
            reshape(net, &x, &[1, 10, 9, 8])
        }),
        case("a unit of ShuffleNet", WEIGHTED, IMAGE, |net| {
            let mut x = image(net);
            for _ in 0..2 {
                let parts = net.parts("Split", &[&x], &[axis(1)], 2);
                let y = net.conv(&parts[1], [4, 4, 1, 1], &[]);
                let y = net.node("Relu", &[&y], &[]);
                x = net.node("Concat", &[&parts[0], &y], &[axis(1)]);
                x = reshape(net, &x, &[1, 2, 4, 10, 9]);
                x = transpose(net, &x, &[0, 2, 1, 3, 4]);
                x = reshape(net, &x, &[1, 8, 10, 9]);
            }
            net.conv(&x, [6, 8, 1, 1], &[])
        }),
    ]
}

pub fn cases() -> Vec<Case> {
    let all = [concats(), parts(), rearrangements()];
    all.into_iter().flatten().collect()
}
