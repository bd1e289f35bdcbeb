// Gates of an LSTM or ConvLSTM, one time step, on rows of 4 * hidden pre-activations.
//
//   c' = sigmoid(f) c + sigmoid(i) tanh(g),  h' = sigmoid(o) tanh(c')
#pragma once

#include "variant.h"

/// The order of the four blocks of `hidden` channels: the ConvLSTM's, and nn.LSTM's.
enum { LK_GATES_IFOG = 0, LK_GATES_IFGO = 1 };

/// Activated gates, c' and h' from pre-activations (rows, 4 hidden) + bias (4 hidden, null for
/// none). `c_previous` null stands for zeros. h' rows are h_stride floats apart, so that they can
/// land inside a wider buffer. gates may be pre, c may be c_previous.
void lk_lstm_gates(
    lk_int rows, lk_int hidden, int order, const float *pre, const float *bias,
    const float *c_previous, float *gates, float *c, float *h, lk_int h_stride);

/// Backward through one step: dh' (rows dh_stride apart) and dc' (null for zeros) to the gradient
/// of the pre-activations (rows, 4 hidden) and of c_previous. c is c'. dpre may be gates,
/// dc_previous may be dc.
void lk_lstm_gates_backward(
    lk_int rows, lk_int hidden, int order, const float *gates, const float *c_previous,
    const float *c, const float *dh, lk_int dh_stride, const float *dc, float *dpre,
    float *dc_previous);
