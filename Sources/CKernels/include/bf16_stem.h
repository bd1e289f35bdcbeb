// The convolutions that networks begin with, in bf16: by t x h x 7 pixels of three channels, with stride 2 along a line,
// to a multiple of eight channels.
//
// Along a line, what an output pixel sees is one run of 21 values, here 22, and the next pixel's begins six further on.
// Lines are rounded and padded once, so that eight bytes hold what two neighbouring pixels multiply at once, or one pixel
// pair with two values of the run: sixteen sums are eight channels of both. Sums are serial chains over the lines
// of the kernel, and pairs of a run; of the weight's gradient over lines, and pairs of pixels.
#pragma once

#include "bf16.h"

enum {
    LK_BF16_STEM_INPUTS = 3,
    LK_BF16_STEM_WIDTH = 7,
    LK_BF16_STEM_STRIDE = 2,
    /// Output channels come in groups of so many.
    LK_BF16_STEM_OUTPUTS = 8,
    /// Pairs of a run.
    LK_BF16_STEM_PAIRS = 11,
    /// Most lines of a kernel.
    LK_BF16_STEM_LINES = 64
};

/// Words of a line of the input.
static inline lk_int lk_bf16_stem_line(const lk_convolution *shape) {
    const lk_int step = LK_BF16_STEM_STRIDE * LK_BF16_STEM_INPUTS;
    return step * ((shape->out_width + 1) / 2 - 1) + LK_BF16_STEM_PAIRS;
}

/// Floats of the packed weight, and of the sums of its gradient.
static inline lk_int lk_bf16_stem_weight(const lk_convolution *shape) {
    return shape->kernel_time * shape->kernel_height * LK_BF16_STEM_PAIRS * 2 * shape->out_channels;
}

/// Bytes of scratch memory: a padded line.
static inline lk_int lk_bf16_stem_scratch(const lk_convolution *shape) {
    const lk_int step = LK_BF16_STEM_STRIDE * LK_BF16_STEM_INPUTS;
    return 2 * (step * (shape->out_width + 2) + 2 * LK_BF16_STEM_PAIRS
                + (shape->in_width + 2 * shape->pad_width) * LK_BF16_STEM_INPUTS + 32);
}

/// Lines first ..< first + count of x (clips, in_time, in_height, in_width, 3) as the way forward reads them, or the
/// weight's `gradient`. `lines` is the first of these lines.
void lk_bf16_stem_lines(
    const lk_convolution *shape, const float *x, lk_int first, lk_int count, int gradient,
    uint64_t *lines, void *scratch);

/// Of weight (out_channels, 3, taps), in PyTorch's layout, whose output channels are n_stride apart; `scale` of each of them, or null.
void lk_bf16_stem_pack_weight(
    const lk_convolution *shape, const float *weight, lk_int n_stride, const float *scale,
    uint32_t *packed);

/// Output lines first ..< first + count of (clips, out_time, out_height). `lines` are all lines of the input,
/// `zeros` is a line of zeros; `y` is the first of these output lines.
void lk_bf16_stem_multiply(
    const lk_convolution *shape, const uint64_t *lines, const uint64_t *zeros,
    const uint32_t *packed, lk_int first, lk_int count, float *y);

/// Adds to `sums` what these output lines contribute to the weight's gradient. `dy` is the first of them.
void lk_bf16_stem_outer(
    const lk_convolution *shape, const uint64_t *lines, const uint64_t *zeros, const float *dy,
    lk_int first, lk_int count, float *sums);

/// Adds `parts` sums, in their order, and writes the weight's gradient in the weight's layout, or adds it if `accumulate`.
void lk_bf16_stem_unpack(
    const lk_convolution *shape, lk_int parts, const float *sums, lk_int n_stride, float *gradient,
    int accumulate);
