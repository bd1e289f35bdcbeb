// Softmax, layer normalisation and positions of a Transformer encoder. Sums along a row are in
// double: rows are short.
#ifndef LK_PASS
#define LK_FILE "attention.c"
#include "each_variant.h"
#else

LK_KERNEL(
    softmax, (lk_int rows, lk_int columns, const float *x, float *y), (rows, columns, x, y)) {
    for (lk_int r = 0; r < rows; r++, x += columns, y += columns) {
        float top = x[0];
        for (lk_int k = 1; k < columns; k++) top = x[k] > top ? x[k] : top;
        LK_INDEPENDENT
        for (lk_int k = 0; k < columns; k++) y[k] = exp32(x[k] - top);
        double sum = 0;
        for (lk_int k = 0; k < columns; k++) sum += (double)y[k];
        float inverse = (float)(1.0 / sum);
        for (lk_int k = 0; k < columns; k++) y[k] *= inverse;
    }
}

LK_KERNEL(
    softmax_backward, (lk_int rows, lk_int columns, const float *y, const float *dy, float *dx),
    (rows, columns, y, dy, dx)) {
    for (lk_int r = 0; r < rows; r++, y += columns, dy += columns, dx += columns) {
        double sum = 0;
        for (lk_int k = 0; k < columns; k++) sum += (double)y[k] * (double)dy[k];
        float mean = (float)sum;
        LK_INDEPENDENT
        for (lk_int k = 0; k < columns; k++) dx[k] = y[k] * (dy[k] - mean);
    }
}

LK_KERNEL(
    layer_norm,
    (lk_int rows, lk_int columns, const float *x, const float *gamma, const float *beta,
     double epsilon, float *y, float *mean, float *inverse),
    (rows, columns, x, gamma, beta, epsilon, y, mean, inverse)) {
    for (lk_int r = 0; r < rows; r++, x += columns, y += columns) {
        double sum = 0, squares = 0;
        for (lk_int k = 0; k < columns; k++) sum += (double)x[k];
        double m = sum / (double)columns;
        for (lk_int k = 0; k < columns; k++) squares += ((double)x[k] - m) * ((double)x[k] - m);
        float mf = (float)m;
        float s = (float)(1.0 / __builtin_sqrt(squares / (double)columns + epsilon));
        mean[r] = mf;
        inverse[r] = s;
        LK_INDEPENDENT
        for (lk_int k = 0; k < columns; k++) y[k] = fma32((x[k] - mf) * s, gamma[k], beta[k]);
    }
}

LK_KERNEL(
    layer_norm_backward,
    (lk_int rows, lk_int columns, const float *x, const float *mean, const float *inverse,
     const float *gamma, const float *dy, float *dx, float *dgamma, float *dbeta),
    (rows, columns, x, mean, inverse, gamma, dy, dx, dgamma, dbeta)) {
    for (lk_int r = 0; r < rows; r++, x += columns, dy += columns, dx += columns) {
        float m = mean[r], s = inverse[r];
        double sum = 0, along = 0;
        for (lk_int k = 0; k < columns; k++) {
            double g = (double)(dy[k] * gamma[k]);
            sum += g;
            along += g * (double)((x[k] - m) * s);
        }
        float a = (float)(sum / (double)columns), b = (float)(along / (double)columns);
        LK_INDEPENDENT
        for (lk_int k = 0; k < columns; k++) {
            float xhat = (x[k] - m) * s, d = dy[k];
            dgamma[k] += d * xhat;
            dbeta[k] += d;
            dx[k] = s * (d * gamma[k] - a - xhat * b);
        }
    }
}

/// sin (quarter 0) or cos (quarter 1) of x >= 0, by Taylor's series after reduction by multiples of
/// pi / 2.
#define sine64 LK_(sine64)
LK_INLINE double sine64(double x, int quarter) {
    int64_t n = (int64_t)(x * 0.6366197723675814 + 0.5);
    double r = x - (double)n * 1.5707963267341256;  // pi / 2 in two parts, the first with 33 bits
    r = r - (double)n * 6.077100506506192e-11;
    double z = r * r, term = 1.0, sum = 1.0;
    int turn = (int)((n + quarter) & 3);
    // cos r for odd turns, sin r / r for even ones: terms -z / ((k - 1) k).
    for (int k = turn & 1 ? 2 : 3; k < 24; k += 2) {
        term *= -z / (double)((k - 1) * k);
        sum += term;
    }
    double value = turn & 1 ? sum : r * sum;
    return turn & 2 ? -value : value;
}

LK_KERNEL(
    position_table, (lk_int frames, lk_int width, float *table), (frames, width, table)) {
    for (lk_int t = 0; t < frames; t++)
        for (lk_int j = 0; j < width; j++) {
            // log(10000) = 9.210340371976184
            double rate = exp64((double)(j & ~(lk_int)1) * (-9.210340371976184 / (double)width));
            table[t * width + j] = (float)sine64((double)t * rate, (int)(j & 1));
        }
}
#undef sine64

#endif
