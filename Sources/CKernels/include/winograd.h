// Convolution with stride 1 in the transformed domain: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks
// (2016). By 1 x 3 x 3 it is F(4 x 4, 3 x 3): a tile of 4 x 4 output pixels takes 36 products of matrices instead of 144.
// By 3 x 1 x 1 it is F(4, 3): a tile of a pixel's 4 frames takes 6 instead of 12.
//
// The polynomials are evaluated at 0, 5/8, -5/8, 3/2, -3/2 and infinity: with the usual 1 and 2 rounding errors are twice
// as large (Barabasz et al., Error Analysis and Improving the Accuracy of Winograd Convolution, 2020). So they are some
// twice those of the direct form.
//
// Tiles of a batch are numbered by (clip, frame, row of tiles, column of tiles), or by (clip, tile's frames, row, column).
// The pixels that a tile has outside of the map are zeros to read, and are not written. Channels are multiples of
// LK_INDIRECT_COLUMNS. Transformed values lie in planes, whose stride is the caller's. Sums over channels and over tiles
// are serial chains: no bit depends on how tiles and columns are cut.
#pragma once

#include "indirect.h"

enum {
    /// Output pixels of a tile, each way.
    LK_WINOGRAD_TILE = 4
};

/// Matrices of a transformed weight, which has `taps` taps: 9 or 3.
static inline lk_int lk_winograd_planes(lk_int taps) { return taps == 9 ? 36 : 6; }

/// Tiles of one clip.
static inline lk_int lk_winograd_tiles(const lk_convolution *shape) {
    const lk_int tile = LK_WINOGRAD_TILE;
    if (shape->kernel_time > 1)
        return (shape->out_time + tile - 1) / tile * shape->out_height * shape->out_width;
    return shape->out_time * ((shape->out_height + tile - 1) / tile)
        * ((shape->out_width + tile - 1) / tile);
}

/// v[p * plane + i * in_channels + c] = transformed input of tile first + i. `x` is the first clip, `zeros` has
/// in_channels zeros.
void lk_winograd_input(
    const lk_convolution *shape, const float *x, const float *zeros, lk_int first, lk_int count,
    lk_int plane, float *v);

/// From the products m[p * plane + i * columns + n] of tile first + i to channels column ..< column + columns of its
/// pixels of `y`, added to what lies there if `accumulate`.
void lk_winograd_output(
    const lk_convolution *shape, const float *m, lk_int plane, lk_int first, lk_int count,
    lk_int column, lk_int columns, float *y, int accumulate);

/// The transposed way: the transformed gradient of the output of tile first + i, in panels of LK_INDIRECT_COLUMNS
/// channels that are `panel_depth` tiles deep. `w` is the first tile's place, `zeros` has out_channels zeros.
void lk_winograd_output_gradient(
    const lk_convolution *shape, const float *dy, const float *zeros, lk_int first, lk_int count,
    lk_int panel_depth, lk_int plane, float *w);

/// A weight in PyTorch's layout to one packed matrix a plane, `depth` deep, in panels as lk_indirect_pack_weight's. Taps
/// lie side by side and are taken from the last to the first if `reversed`. `columns` is a multiple of
/// LK_INDIRECT_COLUMNS.
void lk_winograd_pack_weight(
    lk_int taps, lk_int depth, lk_int columns, const float *weight, int reversed, lk_int k_stride,
    lk_int n_stride, const float *scale, lk_int plane, float *packed);

/// m = v * packed in all planes, for `count` <= LK_INDIRECT_PIXELS tiles: columns first ..< first + columns.
void lk_winograd_multiply(
    lk_int planes, lk_int count, lk_int channels, const float *v, lk_int v_plane,
    const float *packed, lk_int packed_plane, lk_int first, lk_int columns, float *m,
    lk_int m_plane);

/// out (channels, columns) of one plane, rows first ..< first + rows: the transpose of v (count, channels) times w, whose
/// panels are `count` <= LK_INDIRECT_PIXELS deep; added to what lies there if `accumulate`. `out` is row `first`.
void lk_winograd_outer(
    lk_int count, lk_int channels, const float *v, lk_int first, lk_int rows, const float *w,
    lk_int columns, float *out, int accumulate);

/// The weight's gradient from that of the transformed weight, u[p * plane + k * columns + n]: writes columns
/// first ..< first + count to `gradient` in the weight's own layout, or adds them if `accumulate`. `count` is a multiple
/// of LK_INDIRECT_COLUMNS.
void lk_winograd_unpack_gradient(
    lk_int taps, const float *u, lk_int plane, lk_int depth, lk_int columns, lk_int first,
    lk_int count, lk_int k_stride, lk_int n_stride, float *gradient, int accumulate);
