// Vectors, and rows of matrices whose row starts are `stride` floats apart.
#pragma once

#include "variant.h"

/// y = a + b; y may be a or b.
void lk_add(lk_int count, const float *a, const float *b, float *y);
/// y += x.
void lk_add_to(lk_int count, const float *x, float *y);
/// y = alpha x; y may be x.
void lk_scale(lk_int count, float alpha, const float *x, float *y);
/// y += alpha x.
void lk_add_scaled(lk_int count, float alpha, const float *x, float *y);
/// y = value.
void lk_fill(lk_int count, float value, float *y);
/// y = max(x, 0); y may be x.
void lk_relu(lk_int count, const float *x, float *y);
/// dx = dy where z > 0, else 0; z is ReLU's output (or input). dx may be dy.
void lk_relu_backward(lk_int count, const float *z, const float *dy, float *dx);
/// y = 0 where uniform < rate, else x / (1 - rate): dropout, and its gradient. y may be x or uniform.
void lk_dropout(lk_int count, const float *uniform, float rate, const float *x, float *y);
/// *result = sum of a b, in double.
void lk_dot(lk_int count, const float *a, const float *b, double *result);

/// y = tanh x, 1 / (1 + exp -x); y may be x. What the gates of recurrence.h apply, on its own so that
/// its accuracy can be measured.
void lk_tanh(lk_int count, const float *x, float *y);
void lk_sigmoid(lk_int count, const float *x, float *y);

/// x[r, c] += bias[c].
void lk_add_bias(lk_int rows, lk_int columns, const float *bias, float *x);
/// y[c] += sum over rows of x[r, c]: the gradient of a bias.
void lk_add_row_sums(lk_int rows, lk_int columns, const float *x, lk_int x_stride, float *y);
/// y[r, :] = x[r, :] with row strides: cuts out, and puts together, blocks of channels.
void lk_copy_rows(
    lk_int rows, lk_int columns, const float *x, lk_int x_stride, float *y, lk_int y_stride);
/// y[r, :] += x[r, :] with row strides.
void lk_add_rows(
    lk_int rows, lk_int columns, const float *x, lk_int x_stride, float *y, lk_int y_stride);
/// y (columns, rows) = transpose of x (rows, columns).
void lk_transpose(lk_int rows, lk_int columns, const float *x, float *y);
