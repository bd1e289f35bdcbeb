// Pooling of (images, height, width, channels).
#pragma once

#include "variant.h"

/// A square max-pooling window. Out sizes are (size + 2 pad - kernel) / stride + 1; kernel at most
/// 15.
typedef struct {
    lk_int in_height, in_width, channels;
    lk_int kernel, stride, pad;
    lk_int out_height, out_width;
} lk_pooling;

/// Max pooling of `images`. argmax (as y, one byte each) keeps the tap, row-major in the window,
/// that won; of equals the first, as in PyTorch. argmax may be null.
void lk_max_pool(
    const lk_pooling *shape, lk_int images, const float *x, float *y, uint8_t *argmax);

/// dx (overwritten) of lk_max_pool.
void lk_max_pool_backward(
    const lk_pooling *shape, lk_int images, const float *dy, const uint8_t *argmax, float *dx);

/// 2x2 average pooling with stride 2; an odd last row or column is left out, as F.avg_pool2d does.
void lk_average_pool2(
    lk_int images, lk_int height, lk_int width, lk_int channels, const float *x, float *y);

/// dx (overwritten, zero in an odd last row or column) of lk_average_pool2.
void lk_average_pool2_backward(
    lk_int images, lk_int height, lk_int width, lk_int channels, const float *dy, float *dx);

/// y = average_pool2(relu(x scale + shift)) in one pass: batch norm, ReLU and pooling of the fast
/// branch.
void lk_affine_relu_pool2(
    lk_int images, lk_int height, lk_int width, lk_int channels, const float *x, const float *scale,
    const float *shift, float *y);

/// lk_batchnorm_backward_sums through lk_affine_relu_pool2: dy is (images, height/2, width/2,
/// channels).
void lk_affine_relu_pool2_backward_sums(
    lk_int images, lk_int height, lk_int width, lk_int channels, const float *x, const float *scale,
    const float *shift, const double *mean, const float *dy, double *sum_dy, double *sum_dyx);

/// lk_batchnorm_backward_apply through lk_affine_relu_pool2; dx may be x.
void lk_affine_relu_pool2_backward_apply(
    lk_int images, lk_int height, lk_int width, lk_int channels, const float *x, const float *scale,
    const float *shift, const float *dy, const float *a, const float *b, const float *c, float *dx);

/// Adaptive average pooling to (out_height, out_width): bin i of n covers floor(i H / n) ..<
/// ceil((i + 1) H / n). Global average pooling is (1, 1); over time, height and width together it
/// is (1, 1) with height = time * height.
void lk_adaptive_average_pool(
    lk_int images, lk_int height, lk_int width, lk_int channels, lk_int out_height,
    lk_int out_width, const float *x, float *y);

/// dx (overwritten) of lk_adaptive_average_pool.
void lk_adaptive_average_pool_backward(
    lk_int images, lk_int height, lk_int width, lk_int channels, lk_int out_height,
    lk_int out_width, const float *dy, float *dx);
