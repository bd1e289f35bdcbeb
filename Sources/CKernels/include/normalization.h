// Batch normalisation over the rows of (rows, channels).
//
// Training, forward: lk_batchnorm_statistics per tile, lk_batchnorm_combine over tiles in their
// order, lk_batchnorm_fold once, lk_batchnorm_apply per tile.
//
// Backward: lk_batchnorm_backward_sums per tile, the sums added over tiles in their order (doubles),
// lk_batchnorm_backward_fold once, lk_batchnorm_backward_apply per tile. The functions with relu in their
// name take ReLU's output from its input.
#pragma once

#include "variant.h"

/// mean[c] and m2[c] = sum over rows of (x - mean)^2 of one tile: two passes, so keep a tile within
/// the cache.
void lk_batchnorm_statistics(
    lk_int rows, lk_int channels, const float *x, double *mean, double *m2);

/// Joins tiles with Chan's formula, in order of tile: means and m2s are (tiles, channels),
/// rows[tile] the rows of each. Writes the mean and the biased variance (m2 / rows) of all.
///
/// Chan, Golub, LeVeque: Updating Formulae and a Pairwise Algorithm for Computing Sample Variances
/// (1979).
void lk_batchnorm_combine(
    lk_int tiles, lk_int channels, const lk_int *rows, const double *means, const double *m2s,
    double *mean, double *variance);

/// scale = gamma / sqrt(variance + epsilon), shift = beta - mean scale. The same for running
/// statistics.
void lk_batchnorm_fold(
    lk_int channels, const double *mean, const double *variance, const float *gamma,
    const float *beta, double epsilon, float *scale, float *shift);

/// y = x scale + shift, plus `residual` (rows, channels) unless null, then ReLU if `relu`. y may be
/// x or residual.
void lk_batchnorm_apply(
    lk_int rows, lk_int channels, const float *x, const float *scale, const float *shift,
    const float *residual, int relu, float *y);

/// The same bits, for a y so large that what is written first has left the caches before it is read: it goes past them,
/// and is not read to be written. y may not be x or residual.
void lk_batchnorm_apply_streaming(
    lk_int rows, lk_int channels, const float *x, const float *scale, const float *shift,
    const float *residual, int relu, float *y);

/// sum_dy[c] = sum dy, sum_dyx[c] = sum dy (x - mean) of one tile, where dy counts only where z > 0
/// if z, the output after ReLU, is not null. The gradient of beta is sum_dy, that of gamma sum_dyx
/// / sqrt(variance + epsilon).
void lk_batchnorm_backward_sums(
    lk_int rows, lk_int channels, const float *x, const double *mean, const float *dy,
    const float *z, double *sum_dy, double *sum_dyx);

/// Coefficients of lk_batchnorm_backward_apply from the sums over all `rows`; adds to the gradients
/// of gamma and beta unless they are null.
void lk_batchnorm_backward_fold(
    lk_int channels, lk_int rows, const double *mean, const double *variance, const float *gamma,
    double epsilon, const double *sum_dy, const double *sum_dyx, float *a, float *b, float *c,
    float *dgamma, float *dbeta);

enum { LK_RESIDUAL_NONE = 0, LK_RESIDUAL_STORE = 1, LK_RESIDUAL_ADD = 2 };

/// dx = a dy + b x + c with dy masked as in the sums. `residual` says whether the masked dy is also
/// stored in, or added to, dresidual. dx or dresidual (when stored) may be dy, but not both.
void lk_batchnorm_backward_apply(
    lk_int rows, lk_int channels, const float *x, const float *dy, const float *z, const float *a,
    const float *b, const float *c, float *dx, int residual, float *dresidual);

/// The sums of lk_batchnorm_backward_sums where z = relu(x scale + shift) is not at hand: the same bits.
void lk_batchnorm_relu_backward_sums(
    lk_int rows, lk_int channels, const float *x, const double *mean, const float *scale,
    const float *shift, const float *dy, double *sum_dy, double *sum_dyx);

/// dx of lk_batchnorm_backward_apply in the same way, without a residual. dx may be dy.
void lk_batchnorm_relu_backward_apply(
    lk_int rows, lk_int channels, const float *x, const float *scale, const float *shift,
    const float *dy, const float *a, const float *b, const float *c, float *dx);
