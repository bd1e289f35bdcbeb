// Vectors and rows: loops that the compiler vectorises. Only lk_dot and the polynomials differ
// between variants.
#ifndef LK_PASS
#define LK_FILE "elementwise.c"
#include "each_variant.h"
#else

LK_KERNEL(add, (lk_int count, const float *a, const float *b, float *y), (count, a, b, y)) {
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) y[i] = a[i] + b[i];
}

LK_KERNEL(add_to, (lk_int count, const float *x, float *y), (count, x, y)) {
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) y[i] += x[i];
}

LK_KERNEL(scale, (lk_int count, float alpha, const float *x, float *y), (count, alpha, x, y)) {
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) y[i] = alpha * x[i];
}

LK_KERNEL(
    add_scaled, (lk_int count, float alpha, const float *x, float *y), (count, alpha, x, y)) {
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) y[i] += alpha * x[i];
}

LK_KERNEL(fill, (lk_int count, float value, float *y), (count, value, y)) {
    for (lk_int i = 0; i < count; i++) y[i] = value;
}

LK_KERNEL(relu, (lk_int count, const float *x, float *y), (count, x, y)) {
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) y[i] = x[i] < 0.0f ? 0.0f : x[i];  // keeps NaN
}

LK_KERNEL(
    relu_backward, (lk_int count, const float *z, const float *dy, float *dx),
    (count, z, dy, dx)) {
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) dx[i] = z[i] > 0.0f ? dy[i] : 0.0f;
}

LK_KERNEL(
    dropout, (lk_int count, const float *uniform, float rate, const float *x, float *y),
    (count, uniform, rate, x, y)) {
    float scale = 1.0f / (1.0f - rate);
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) y[i] = uniform[i] < rate ? 0.0f : x[i] * scale;
}

LK_KERNEL(
    dot, (lk_int count, const float *a, const float *b, double *result), (count, a, b, result)) {
    // Sixteen chains in a fixed layout hide the latency of the adds and vectorise without
    // reordering.
    double lanes[16] = {0};
    lk_int i = 0;
    for (; i + 16 <= count; i += 16)
        for (int j = 0; j < 16; j++) lanes[j] += (double)a[i + j] * (double)b[i + j];
    for (int j = 0; i + j < count; j++) lanes[j] += (double)a[i + j] * (double)b[i + j];
    for (int width = 8; width > 0; width /= 2)
        for (int j = 0; j < width; j++) lanes[j] += lanes[j + width];
    *result = lanes[0];
}

LK_KERNEL(tanh, (lk_int count, const float *x, float *y), (count, x, y)) {
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) y[i] = tanh32(x[i]);
}

LK_KERNEL(sigmoid, (lk_int count, const float *x, float *y), (count, x, y)) {
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) y[i] = sigmoid32(x[i]);
}

LK_KERNEL(
    add_bias, (lk_int rows, lk_int columns, const float *bias, float *x),
    (rows, columns, bias, x)) {
    for (lk_int r = 0; r < rows; r++, x += columns) {
        LK_INDEPENDENT
        for (lk_int c = 0; c < columns; c++) x[c] += bias[c];
    }
}

LK_KERNEL(
    add_row_sums, (lk_int rows, lk_int columns, const float *x, lk_int x_stride, float *y),
    (rows, columns, x, x_stride, y)) {
    // Panels of columns stay in registers; groups of 64 rows keep the rounding error of long sums
    // small.
    for (lk_int c0 = 0; c0 < columns; c0 += 64) {
        lk_int width = columns - c0 < 64 ? columns - c0 : 64;
        double total[64] = {0};
        for (lk_int r0 = 0; r0 < rows; r0 += 64) {
            lk_int end = rows - r0 < 64 ? rows : r0 + 64;
            float sums[64] = {0};
            for (lk_int r = r0; r < end; r++)
                for (lk_int c = 0; c < width; c++) sums[c] += x[r * x_stride + c0 + c];
            for (lk_int c = 0; c < width; c++) total[c] += (double)sums[c];
        }
        for (lk_int c = 0; c < width; c++) y[c0 + c] += (float)total[c];
    }
}

LK_KERNEL(
    copy_rows,
    (lk_int rows, lk_int columns, const float *x, lk_int x_stride, float *y, lk_int y_stride),
    (rows, columns, x, x_stride, y, y_stride)) {
    for (lk_int r = 0; r < rows; r++)
        memcpy(y + r * y_stride, x + r * x_stride, sizeof(float) * (size_t)columns);
}

LK_KERNEL(
    add_rows,
    (lk_int rows, lk_int columns, const float *x, lk_int x_stride, float *y, lk_int y_stride),
    (rows, columns, x, x_stride, y, y_stride)) {
    for (lk_int r = 0; r < rows; r++, x += x_stride, y += y_stride) {
        LK_INDEPENDENT
        for (lk_int c = 0; c < columns; c++) y[c] += x[c];
    }
}

LK_KERNEL(
    transpose, (lk_int rows, lk_int columns, const float *x, float *y), (rows, columns, x, y)) {
    // Blocks of 16 x 16: each cache line of either side is fetched once.
    for (lk_int r0 = 0; r0 < rows; r0 += 16)
        for (lk_int c0 = 0; c0 < columns; c0 += 16) {
            lk_int r1 = r0 + 16 < rows ? r0 + 16 : rows, c1 = c0 + 16 < columns ? c0 + 16 : columns;
            for (lk_int c = c0; c < c1; c++)
                for (lk_int r = r0; r < r1; r++) y[c * rows + r] = x[r * columns + c];
        }
}

#endif
