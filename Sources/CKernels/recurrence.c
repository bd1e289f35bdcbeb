// LSTM gates. The order of the gates is two offsets, so that one loop serves both.
#ifndef LK_PASS
#define LK_FILE "recurrence.c"
#include "each_variant.h"
#else

LK_KERNEL(
    lstm_gates,
    (lk_int rows, lk_int hidden, int order, const float *pre, const float *bias,
     const float *c_previous, float *gates, float *c, float *h, lk_int h_stride),
    (rows, hidden, order, pre, bias, c_previous, gates, c, h, h_stride)) {
    lk_int at_o = (order == LK_GATES_IFOG ? 2 : 3) * hidden;
    lk_int at_g = (order == LK_GATES_IFOG ? 3 : 2) * hidden;
    for (lk_int r = 0; r < rows; r++, pre += 4 * hidden, gates += 4 * hidden, h += h_stride) {
        const float *before = c_previous ? c_previous + r * hidden : 0;
        float *after = c + r * hidden;
        LK_INDEPENDENT
        for (lk_int j = 0; j < hidden; j++) {
            float i = sigmoid32(pre[j] + (bias ? bias[j] : 0.0f));
            float f = sigmoid32(pre[hidden + j] + (bias ? bias[hidden + j] : 0.0f));
            float o = sigmoid32(pre[at_o + j] + (bias ? bias[at_o + j] : 0.0f));
            float g = tanh32(pre[at_g + j] + (bias ? bias[at_g + j] : 0.0f));
            float cell = fma32(f, before ? before[j] : 0.0f, i * g);
            gates[j] = i;
            gates[hidden + j] = f;
            gates[at_o + j] = o;
            gates[at_g + j] = g;
            after[j] = cell;
            h[j] = o * tanh32(cell);
        }
    }
}

LK_KERNEL(
    lstm_gates_backward,
    (lk_int rows, lk_int hidden, int order, const float *gates, const float *c_previous,
     const float *c, const float *dh, lk_int dh_stride, const float *dc, float *dpre,
     float *dc_previous),
    (rows, hidden, order, gates, c_previous, c, dh, dh_stride, dc, dpre, dc_previous)) {
    lk_int at_o = (order == LK_GATES_IFOG ? 2 : 3) * hidden;
    lk_int at_g = (order == LK_GATES_IFOG ? 3 : 2) * hidden;
    for (lk_int r = 0; r < rows; r++, gates += 4 * hidden, dpre += 4 * hidden, dh += dh_stride) {
        const float *before = c_previous ? c_previous + r * hidden : 0;
        const float *after = c + r * hidden, *dafter = dc ? dc + r * hidden : 0;
        float *dbefore = dc_previous + r * hidden;
        LK_INDEPENDENT
        for (lk_int j = 0; j < hidden; j++) {
            float i = gates[j], f = gates[hidden + j], o = gates[at_o + j], g = gates[at_g + j];
            float t = tanh32(after[j]);
            float dcell = fma32(dh[j] * o, fma32(-t, t, 1.0f), dafter ? dafter[j] : 0.0f);
            dpre[j] = dcell * g * (i * (1.0f - i));
            dpre[hidden + j] = dcell * (before ? before[j] : 0.0f) * (f * (1.0f - f));
            dpre[at_o + j] = dh[j] * t * (o * (1.0f - o));
            dpre[at_g + j] = dcell * i * fma32(-g, g, 1.0f);
            dbefore[j] = dcell * f;
        }
    }
}

#endif
