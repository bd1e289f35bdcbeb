// Convolution of (clips, time, height, width, in) by an odd or even kernel with stride and zero
// padding. A 2D convolution of images is the same with time 1: its "clips" are images.
//
// Two ways through: the direct functions below for few channels, and indirect.h's for many.
#pragma once

#include "variant.h"

/// The shape of one convolution. Out sizes are (size + 2 pad - kernel) / stride + 1.
typedef struct {
    lk_int in_time, in_height, in_width, in_channels;
    lk_int kernel_time, kernel_height, kernel_width;
    lk_int stride_time, stride_height, stride_width;
    lk_int pad_time, pad_height, pad_width;
    lk_int out_time, out_height, out_width, out_channels;
} lk_convolution;

/// Floats of scratch memory, aligned as pointers are, that the direct functions need for `shape`: three
/// words for each row of the kernel, and a padded row of input if there is padding.
static inline lk_int lk_direct_scratch(const lk_convolution *shape) {
    lk_int line = (shape->in_width + 2 * shape->pad_width) * shape->in_channels;
    lk_int words = 3 * (lk_int)(sizeof(void *) / sizeof(float));
    return shape->kernel_time * shape->kernel_height * (words + (shape->pad_width ? line : 0));
}

/// Direct convolution: output rows first ..< first + count of (clips, out_time, out_height), each of
/// out_width pixels, added to what lies there if `accumulate`. `x` and `y` are the first clip;
/// `packed` is lk_indirect_pack_weight's.
///
/// Several times as fast as lk_indirect_multiply where in or out channels are at most 16, as fast up
/// to 128; slow above, where a row of weights no longer fits the first-level cache. An output is one
/// serial chain of multiply-adds over (time, height, width, channel), so its bits do not depend on the
/// rows asked for. A stride-1 gradient of the input is the same function on dy,
/// with padding kernel - 1 - pad and the weight's taps in reverse order.
void lk_direct(
    const lk_convolution *shape, const float *x, const float *packed, lk_int first, lk_int count,
    float *scratch, float *y, int accumulate);

/// Adds to dw (taps, in, out) the weight gradient of output rows first ..< first + count.
void lk_direct_weight_gradient(
    const lk_convolution *shape, const float *x, const float *dy, lk_int first, lk_int count,
    float *scratch, float *dw);
