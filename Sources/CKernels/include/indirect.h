// Convolution without an im2col matrix: the inner kernel reads activations where they lie, through one
// pointer per (kernel position, output pixel). Dukhan, The Indirect Convolution Algorithm (2019).
//
// Every output is one serial chain of multiply-adds over (position, channel), so its bits do not depend on
// how rows and columns are cut into tiles. The portable variant rounds products, the others fuse.
#pragma once

#include "convolution.h"

enum {
    /// Rows that the inner kernel computes at once; tables are padded to a multiple of it.
    LK_INDIRECT_ROWS = 6,
    /// Columns of a packed panel; packed matrices are zero-padded to a multiple of it.
    LK_INDIRECT_COLUMNS = 16,
    /// Most pixels that lk_indirect_outer takes.
    LK_INDIRECT_PIXELS = 120
};

/// `count` rounded up to a multiple of LK_INDIRECT_ROWS: the stride of a table.
static inline lk_int lk_indirect_padded(lk_int count) {
    return (count + LK_INDIRECT_ROWS - 1) / LK_INDIRECT_ROWS * LK_INDIRECT_ROWS;
}

/// table[tap * padded + i] = the pixel of `x` that tap `tap` sees at output pixel first + i of (clips, out_time,
/// out_height, out_width), or `zeros` (in_channels zeros) outside of the input. `x` is the first clip.
void lk_indirect_table(
    const lk_convolution *shape, const float *x, const float *zeros, lk_int first, lk_int count,
    const float **table);

/// The same for the gradient of the input. Its rows are those input pixels whose (time, height, width) modulo the
/// stride are `residue`, counted from `first`; `taps` lists the kernel's taps that meet these pixels.
/// table[j * padded + i] = the pixel of `dy` that taps[j] brings to row i, or `zeros` (out_channels zeros).
/// rows[i] = where the gradient of row i's pixel lies in `dx`.
void lk_indirect_transposed_table(
    const lk_convolution *shape, const float *dy, const float *zeros, const lk_int residue[3],
    const lk_int *taps, lk_int tap_count, lk_int first, lk_int count, float *dx,
    const float **table, float **rows);

/// packed panels of LK_INDIRECT_COLUMNS columns, each `rows` deep, zero-padded, from x (rows, columns).
void lk_indirect_pack(lk_int rows, lk_int columns, const float *x, float *packed);

/// A weight in PyTorch's layout to the panels that lk_indirect_multiply takes: element (tap, k, n) is
/// weight[tap * tap_stride + k * k_stride + n * n_stride] * scale[n]; `scale` null stands for ones. A panel is
/// taps * depth deep.
void lk_indirect_pack_weight(
    lk_int taps, lk_int depth, lk_int columns, const float *weight, lk_int tap_stride,
    lk_int k_stride, lk_int n_stride, const float *scale, float *packed);

/// rows[i][n] = sum over j, k of table[j * padded + i][k] * packed(offsets[j] + k, n), for i in 0 ..< count and n in
/// first ..< first + columns (first a multiple of LK_INDIRECT_COLUMNS), added to what lies there if `accumulate`.
/// A packed panel is `depth` deep.
void lk_indirect_multiply(
    lk_int count, lk_int taps, lk_int channels, const float *const *table, const lk_int *offsets,
    const float *packed, lk_int depth, lk_int first, lk_int columns, float *const *rows,
    int accumulate);

/// out[k, n] = sum over i of pixels[i][first + k] * packed(i, n): one tap's weight gradient. k in 0 ..< channels;
/// `packed` (lk_indirect_pack of dy) is `count` <= LK_INDIRECT_PIXELS deep, out is (channels, columns), added to if `accumulate`.
void lk_indirect_outer(
    lk_int count, const float *const *pixels, lk_int first, lk_int channels, const float *packed,
    lk_int columns, float *out, int accumulate);

/// Adds `parts` partial weight gradients (taps, depth, columns), part_stride floats apart, in a fixed tree, and
/// writes columns first ..< first + count of the sum to `gradient` in the weight's own layout (as above), or adds
/// them to what lies there if `accumulate`.
void lk_indirect_unpack_gradient(
    lk_int parts, const float *partials, lk_int part_stride, lk_int taps, lk_int depth,
    lk_int columns, lk_int first, lk_int count, lk_int k_stride, lk_int n_stride,
    float *gradient, int accumulate);
