// Products of matrices in bfloat16, summed in float: of convolutions with many channels.
//
// A float becomes the nearest bf16, ties to even, and a denormal one zero, as VCVTNEPS2BF16 does it. Sums take products
// two by two as VDPBF16PS does: of each pair first the odd product, then the even one, each added with one rounding, and
// denormal results are zero. AVX-512 BF16 is used where the processor has it; elsewhere the same is done with fused
// multiply-adds (the portable variant, which has none, may differ where products are denormal).
// Every output is one serial chain over pairs: its bits do not depend on how rows and columns are cut into tiles.
#pragma once

#include "indirect.h"

/// The upper half of a float.
typedef uint16_t lk_bf16;

enum {
    /// Rows that the inner kernel computes at most at once.
    LK_BF16_ROWS = 14,
    /// Columns of a packed panel; packed matrices are zero-padded to a multiple of it.
    LK_BF16_COLUMNS = 32,
    /// Most rows of lk_bf16_multiply.
    LK_BF16_TILE = 112,
    /// Depth of the block of rows that lk_bf16_multiply gathers at once.
    LK_BF16_DEPTH = 512,
    /// Most pixels that lk_bf16_outer takes, and most channels.
    LK_BF16_PIXELS = 448,
    LK_BF16_CHANNELS = 128,
    /// Most taps of a weight.
    LK_BF16_TAPS = 64,
    /// Bytes of scratch memory of either function.
    LK_BF16_SCRATCH = LK_BF16_TILE * (LK_BF16_DEPTH + 32) * 2
};

/// Whether the processor's own instructions are in use.
int lk_bf16_native(void);

/// to[i] = from[i] as bf16.
void lk_bf16_round(lk_int count, const float *from, lk_bf16 *to);

/// A weight in PyTorch's layout to panels of LK_BF16_COLUMNS columns, each taps * depth deep, two rows side by side:
/// element (tap, k, n) is weight[tap + k * k_stride + n * n_stride] * scale[n]; `scale` null stands for ones, and has to
/// be null where n_stride < k_stride. The lesser stride is `taps` <= LK_BF16_TAPS; `depth` is even.
void lk_bf16_pack_weight(
    lk_int taps, lk_int depth, lk_int columns, const float *weight, lk_int k_stride,
    lk_int n_stride, const float *scale, lk_bf16 *packed);

/// As lk_indirect_multiply, of bf16: `count` <= LK_BF16_TILE rows, `channels` a multiple of 16, `first` of
/// LK_BF16_COLUMNS, `columns` of 16; the table is lk_indirect_table's. `scratch` is aligned as a vector is.
void lk_bf16_multiply(
    lk_int count, lk_int taps, lk_int channels, const float *const *table, const lk_int *offsets,
    const lk_bf16 *packed, lk_int depth, lk_int first, lk_int columns, float *const *rows,
    int accumulate, void *scratch);

/// Rows of x (rows, columns), two side by side, in panels of LK_BF16_COLUMNS columns, each rows rounded up to even
/// deep; `columns` is a multiple of 16.
void lk_bf16_pack_pairs(lk_int rows, lk_int columns, const float *x, lk_bf16 *packed);

/// out[k, n] = sum over i of pixels[i][first + k] * packed(i, n): one tap's weight gradient, k in 0 ..< channels <=
/// LK_BF16_CHANNELS, a multiple of 16. `packed` (lk_bf16_pack_pairs of dy) is `count` <= LK_BF16_PIXELS deep; out is
/// (channels, columns), added to if `accumulate`.
void lk_bf16_outer(
    lk_int count, const float *const *pixels, lk_int first, lk_int channels, const lk_bf16 *packed,
    lk_int columns, float *out, int accumulate, void *scratch);
