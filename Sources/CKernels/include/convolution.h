// Convolution of (clips, time, height, width, in) by an odd or even kernel with stride and zero
// padding. A 2D convolution of images is the same with time 1: its "clips" are images.
//
// Three ways through: im2col + GEMM (general), GEMM on the activations as they lie (1x1x1, stride
// 1: no function needed), and the direct functions below for few channels, where GEMM is poor.
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

/// Windows of the input as rows of a matrix: columns is (count, kernel_time * kernel_height *
/// kernel_width * in_channels), one row per output pixel first ..< first + count of (clips,
/// out_time, out_height, out_width). `x` is the first clip.
void lk_im2col(
    const lk_convolution *shape, const float *x, lk_int first, lk_int count, float *columns);

/// The transpose of lk_im2col: adds the windows back into dx, the gradient of the input. Two calls
/// whose pixels lie in different clips touch disjoint parts of dx; two calls in the same clip may
/// not run at the same time.
void lk_col2im(
    const lk_convolution *shape, const float *columns, lk_int first, lk_int count, float *dx);

/// PyTorch's weight (out, in, taps) to the GEMM's (taps, in, out), where taps = kt * kh * kw.
void lk_pack_weight(lk_int out, lk_int in, lk_int taps, const float *weight, float *packed);

/// PyTorch's weight (out, in, taps) to (taps reversed, out, in): the weight with which the data
/// gradient of a stride-1 convolution is itself a convolution, of dy, with padding kernel - 1 -
/// pad.
void lk_pack_weight_flipped(lk_int out, lk_int in, lk_int taps, const float *weight, float *packed);

/// Adds a packed weight gradient (taps, in, out) to one in PyTorch's layout (out, in, taps).
void lk_add_packed_weight(lk_int out, lk_int in, lk_int taps, const float *packed, float *weight);

/// y = x w for few channels: x (rows, in), w (in, out), y (rows, out). The data gradient is the
/// same function with dy and the transposed weight.
void lk_pointwise(lk_int rows, lk_int in, lk_int out, const float *x, const float *w, float *y);

/// dw += xT dy for few channels: x (rows, in), dy (rows, out), dw (in, out).
void lk_pointwise_weight_gradient(
    lk_int rows, lk_int in, lk_int out, const float *x, const float *dy, float *dw);

/// Floats of scratch memory that the direct functions need for `shape`.
static inline lk_int lk_direct_scratch(const lk_convolution *shape) {
    return (shape->in_width + 2 * shape->pad_width + shape->stride_width) * shape->in_channels;
}

/// Direct convolution, without im2col: output rows first ..< first + count of (clips, out_time,
/// out_height), each of out_width pixels. `x` and `y` are the first clip; `packed` is
/// lk_pack_weight's.
///
/// Several times as fast as GEMM or lk_indirect_multiply where in or out channels are at most 16, as
/// fast up to 128; slow above, where a row of weights no longer fits the first-level cache. A pixel's
/// bits do not depend on the rows asked for. A stride-1 data gradient is the same function on dy
/// with lk_pack_weight_flipped's weight.
void lk_direct(
    const lk_convolution *shape, const float *x, const float *packed, lk_int first, lk_int count,
    float *scratch, float *y);

/// Adds to dw (taps, in, out) the weight gradient of output rows first ..< first + count.
void lk_direct_weight_gradient(
    const lk_convolution *shape, const float *x, const float *dy, lk_int first, lk_int count,
    float *scratch, float *dw);
