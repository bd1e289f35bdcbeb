// What a Transformer encoder needs beside GEMM.
#pragma once

#include "variant.h"

/// y = softmax of each row of x (rows, columns); y may be x.
void lk_softmax(lk_int rows, lk_int columns, const float *x, float *y);

/// dx = y (dy - sum of y dy over the row); dx may be dy.
void lk_softmax_backward(
    lk_int rows, lk_int columns, const float *y, const float *dy, float *dx);

/// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta over each row of (rows, columns); keeps
/// each row's mean and 1 / sqrt for the way back.
void lk_layer_norm(
    lk_int rows, lk_int columns, const float *x, const float *gamma, const float *beta,
    double epsilon, float *y, float *mean, float *inverse);

/// dx (overwritten) of lk_layer_norm; adds to dgamma and dbeta. dx may be dy.
void lk_layer_norm_backward(
    lk_int rows, lk_int columns, const float *x, const float *mean, const float *inverse,
    const float *gamma, const float *dy, float *dx, float *dgamma, float *dbeta);

/// Sinusoidal positions (frames, width): column 2i is sin(t r), column 2i + 1 cos(t r), r =
/// 10000^(-2i / width). Vaswani et al., Attention Is All You Need (2017).
void lk_position_table(lk_int frames, lk_int width, float *table);
