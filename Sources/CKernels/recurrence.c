// LSTM gates. The order of the gates is two offsets, so that one loop serves both.
#ifndef LK_PASS
#define LK_FILE "recurrence.c"
#include "each_variant.h"
#else

/// `count` channels of a row. Inlined with a constant `count` and with `bias` and `before` null or
/// not, so that the loop is whole vectors and has no branches.
#define gates_block LK_(gates_block)
LK_INLINE void gates_block(
    const lk_int count, lk_int hidden, lk_int at_o, lk_int at_g, const float *pre,
    const float *bias, const float *before, float *gates, float *c, float *h) {
    LK_INDEPENDENT
    for (lk_int j = 0; j < count; j++) {
        float pi = pre[j], pf = pre[hidden + j], po = pre[at_o + j], pg = pre[at_g + j];
        if (bias) {
            pi += bias[j];
            pf += bias[hidden + j];
            po += bias[at_o + j];
            pg += bias[at_g + j];
        }
        float i = sigmoid32(pi), f = sigmoid32(pf), o = sigmoid32(po), g = tanh32(pg);
        float cell = before ? fma32(f, before[j], i * g) : i * g;
        gates[j] = i;
        gates[hidden + j] = f;
        gates[at_o + j] = o;
        gates[at_g + j] = g;
        c[j] = cell;
        h[j] = o * tanh32(cell);
    }
}

#define gates_row LK_(gates_row)
LK_INLINE void gates_row(
    lk_int hidden, lk_int at_o, lk_int at_g, const float *pre, const float *bias,
    const float *before, float *gates, float *c, float *h) {
    lk_int j = 0;
#define GATES(count)                                                                              \
    for (; j + count <= hidden; j += count)                                                       \
    gates_block(                                                                                  \
        count, hidden, at_o, at_g, pre + j, bias ? bias + j : 0, before ? before + j : 0,         \
        gates + j, c + j, h + j)
    GATES(LK_LANES);
    if (LK_NARROW < LK_LANES) GATES(LK_NARROW);
    GATES(1);
#undef GATES
}

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
        if (bias && before)
            gates_row(hidden, at_o, at_g, pre, bias, before, gates, after, h);
        else if (bias)
            gates_row(hidden, at_o, at_g, pre, bias, 0, gates, after, h);
        else if (before)
            gates_row(hidden, at_o, at_g, pre, 0, before, gates, after, h);
        else
            gates_row(hidden, at_o, at_g, pre, 0, 0, gates, after, h);
    }
}

/// `count` channels of a row, as gates_block.
#define gates_backward_block LK_(gates_backward_block)
LK_INLINE void gates_backward_block(
    const lk_int count, lk_int hidden, lk_int at_o, lk_int at_g, const float *gates,
    const float *before, const float *after, const float *dh, const float *dafter, float *dpre,
    float *dbefore) {
    LK_INDEPENDENT
    for (lk_int j = 0; j < count; j++) {
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

#define gates_backward_row LK_(gates_backward_row)
LK_INLINE void gates_backward_row(
    lk_int hidden, lk_int at_o, lk_int at_g, const float *gates, const float *before,
    const float *after, const float *dh, const float *dafter, float *dpre, float *dbefore) {
    lk_int j = 0;
#define GATES(count)                                                                              \
    for (; j + count <= hidden; j += count)                                                       \
    gates_backward_block(                                                                         \
        count, hidden, at_o, at_g, gates + j, before ? before + j : 0, after + j, dh + j,         \
        dafter ? dafter + j : 0, dpre + j, dbefore + j)
    GATES(LK_LANES);
    if (LK_NARROW < LK_LANES) GATES(LK_NARROW);
    GATES(1);
#undef GATES
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
        if (before && dafter)
            gates_backward_row(hidden, at_o, at_g, gates, before, after, dh, dafter, dpre, dbefore);
        else if (before)
            gates_backward_row(hidden, at_o, at_g, gates, before, after, dh, 0, dpre, dbefore);
        else if (dafter)
            gates_backward_row(hidden, at_o, at_g, gates, 0, after, dh, dafter, dpre, dbefore);
        else
            gates_backward_row(hidden, at_o, at_g, gates, 0, after, dh, 0, dpre, dbefore);
    }
}

#endif
