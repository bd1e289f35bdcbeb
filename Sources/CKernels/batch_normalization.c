// Batch normalisation in training: per-tile statistics, and application in one pass.
//
// Per-channel loops run over "folded" rows (vector_math.h), channels in panels of at most
// LK_FOLDED, so that the running sums of a panel stay in the first-level cache. Sums are float over
// 32 folded rows, then double.
#ifndef LK_PASS
#define LK_FILE "batch_normalization.c"
#include "each_variant.h"
#else

#define GROUP 32

/// The sum over `rows` <= GROUP rows of x - center, and of its square, for four vectors of columns.
#define sums_block LK_(sums_block)
LK_INLINE void sums_block(
    const int vectors, lk_int rows, lk_int stride, const float *x, const float *center,
    const int squared, float *sums, float *squares) {
    vec s[4], q[4], m[4];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
        s[v] = q[v] = (vec){0};
        m[v] = load(center + v * LK_LANES);
    }
    for (lk_int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            vec d = load(x + r * stride + v * LK_LANES) - m[v];
            s[v] += d;
            if (squared) q[v] = fma_vec(d, d, q[v]);
        }
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
        *(vec *)(sums + v * LK_LANES) = s[v];
        *(vec *)(squares + v * LK_LANES) = q[v];
    }
}

/// Adds the sums over rows of x - center, and of its square if `squared`, for a panel of `width`
/// columns.
#define panel_sums LK_(panel_sums)
LK_INLINE void panel_sums(
    lk_int rows, lk_int width, lk_int stride, const float *x, const float *center,
    const int squared, double *sums, double *squares) {
    for (lk_int r0 = 0; r0 < rows; r0 += GROUP) {
        lk_int part = rows - r0 < GROUP ? rows - r0 : GROUP, j = 0;
        const float *group = x + r0 * stride;
        float s[LK_FOLDED], q[LK_FOLDED];
        for (; j + 4 * LK_LANES <= width; j += 4 * LK_LANES)
            sums_block(4, part, stride, group + j, center + j, squared, s + j, q + j);
        for (; j + LK_LANES <= width; j += LK_LANES)
            sums_block(1, part, stride, group + j, center + j, squared, s + j, q + j);
        for (; j < width; j++) {
            s[j] = q[j] = 0;
            for (lk_int r = 0; r < part; r++) {
                float d = group[r * stride + j] - center[j];
                s[j] += d;
                q[j] = fma32(d, d, q[j]);
            }
        }
        for (j = 0; j < width; j++) sums[j] += (double)s[j];
        if (squared)
            for (j = 0; j < width; j++) squares[j] += (double)q[j];
    }
}

/// Adds the repeats of folded rows together, into the first `channels`.
#define unfold LK_(unfold)
LK_INLINE void unfold(lk_int channels, lk_int repeats, double *sums) {
    for (lk_int r = 1; r < repeats; r++)
        for (lk_int c = 0; c < channels; c++) sums[c] += sums[r * channels + c];
}

LK_KERNEL(
    batchnorm_statistics,
    (lk_int rows, lk_int channels, const float *x, double *mean, double *m2),
    (rows, channels, x, mean, m2)) {
    lk_int repeats = fold(channels), whole = rows / repeats * repeats;
    for (lk_int c0 = 0; c0 < channels; c0 += LK_FOLDED) {
        lk_int width = channels - c0 < LK_FOLDED ? channels - c0 : LK_FOLDED;
        const float *panel = x + c0, *rest = x + whole * channels + c0;
        lk_int folded = width * repeats, stride = channels * repeats;
        float center[LK_FOLDED] = {0};
        double sums[LK_FOLDED] = {0}, squares[LK_FOLDED] = {0};
        panel_sums(whole / repeats, folded, stride, panel, center, 0, sums, squares);
        panel_sums(rows - whole, width, channels, rest, center, 0, sums, squares);
        unfold(width, repeats, sums);
        for (lk_int j = 0; j < width; j++) center[j] = (float)(sums[j] / (double)rows);
        for (lk_int j = width; j < folded; j++) center[j] = center[j - width];
        memset(sums, 0, sizeof sums);
        panel_sums(whole / repeats, folded, stride, panel, center, 1, sums, squares);
        panel_sums(rows - whole, width, channels, rest, center, 1, sums, squares);
        unfold(width, repeats, sums);
        unfold(width, repeats, squares);
        for (lk_int j = 0; j < width; j++) {
            // `center` is the mean rounded to float: what is left over corrects both results.
            mean[c0 + j] = (double)center[j] + sums[j] / (double)rows;
            m2[c0 + j] = squares[j] - sums[j] * sums[j] / (double)rows;
        }
    }
}

LK_KERNEL(
    batchnorm_combine,
    (lk_int tiles, lk_int channels, const lk_int *rows, const double *means, const double *m2s,
     double *mean, double *variance),
    (tiles, channels, rows, means, m2s, mean, variance)) {
    double total = 0;
    for (lk_int c = 0; c < channels; c++) mean[c] = variance[c] = 0;
    for (lk_int t = 0; t < tiles; t++) {
        double n = (double)rows[t];
        if (n == 0) continue;
        double share = n / (total + n);
        for (lk_int c = 0; c < channels; c++) {
            double delta = means[t * channels + c] - mean[c];
            mean[c] += delta * share;
            variance[c] += m2s[t * channels + c] + delta * delta * total * share;
        }
        total += n;
    }
    for (lk_int c = 0; c < channels; c++) variance[c] /= total;
}

LK_KERNEL(
    batchnorm_fold,
    (lk_int channels, const double *mean, const double *variance, const float *gamma,
     const float *beta, double epsilon, float *scale, float *shift),
    (channels, mean, variance, gamma, beta, epsilon, scale, shift)) {
    for (lk_int c = 0; c < channels; c++) {
        double s = (double)gamma[c] / __builtin_sqrt(variance[c] + epsilon);
        scale[c] = (float)s;
        shift[c] = (float)((double)beta[c] - mean[c] * s);
    }
}

#define affine LK_(affine)
LK_INLINE void affine(
    lk_int count, const float *x, const float *scale, const float *shift, const float *residual,
    int relu, float *y) {
    LK_INDEPENDENT
    for (lk_int j = 0; j < count; j++) {
        float v = fma32(x[j], scale[j], shift[j]);
        if (residual) v += residual[j];
        if (relu) v = v < 0.0f ? 0.0f : v;
        y[j] = v;
    }
}

LK_KERNEL(
    batchnorm_apply,
    (lk_int rows, lk_int channels, const float *x, const float *scale, const float *shift,
     const float *residual, int relu, float *y),
    (rows, channels, x, scale, shift, residual, relu, y)) {
    lk_int repeats = fold(channels), width = channels * repeats, count = rows * channels;
    float s[LK_FOLDED], t[LK_FOLDED];
    if (repeats > 1) {
        repeat(channels, repeats, scale, s);
        repeat(channels, repeats, shift, t);
        scale = s;
        shift = t;
    }
    for (lk_int i = 0; i < count; i += width) {
        lk_int n = count - i < width ? count - i : width;
        if (residual)
            affine(n, x + i, scale, shift, residual + i, relu, y + i);
        else
            affine(n, x + i, scale, shift, 0, relu, y + i);
    }
}

#define backward_panel LK_(backward_panel)
LK_INLINE void backward_panel(
    lk_int rows, lk_int width, lk_int stride, const float *x, const float *center, const float *dy,
    const float *z, double *sums, double *along) {
    for (lk_int r0 = 0; r0 < rows; r0 += GROUP) {
        lk_int end = rows - r0 < GROUP ? rows : r0 + GROUP;
        float s[LK_FOLDED] = {0}, q[LK_FOLDED] = {0};
        for (lk_int r = r0; r < end; r++) {
            lk_int at = r * stride;
            LK_INDEPENDENT
            for (lk_int j = 0; j < width; j++) {
                float d = dy[at + j];
                if (z) d = z[at + j] > 0.0f ? d : 0.0f;
                s[j] += d;
                q[j] = fma32(d, x[at + j] - center[j], q[j]);
            }
        }
        for (lk_int j = 0; j < width; j++) sums[j] += (double)s[j];
        for (lk_int j = 0; j < width; j++) along[j] += (double)q[j];
    }
}

LK_KERNEL(
    batchnorm_backward_sums,
    (lk_int rows, lk_int channels, const float *x, const double *mean, const float *dy,
     const float *z, double *sum_dy, double *sum_dyx),
    (rows, channels, x, mean, dy, z, sum_dy, sum_dyx)) {
    lk_int repeats = fold(channels), whole = rows / repeats * repeats;
    for (lk_int c0 = 0; c0 < channels; c0 += LK_FOLDED) {
        lk_int width = channels - c0 < LK_FOLDED ? channels - c0 : LK_FOLDED;
        lk_int folded = width * repeats, stride = channels * repeats;
        lk_int rest = whole * channels + c0;
        float center[LK_FOLDED];
        for (lk_int j = 0; j < folded; j++) center[j] = (float)mean[c0 + j % width];
        double sums[LK_FOLDED] = {0}, along[LK_FOLDED] = {0};
        const float *zs = z ? z + c0 : 0, *zr = z ? z + rest : 0;
        backward_panel(
            whole / repeats, folded, stride, x + c0, center, dy + c0, zs, sums, along);
        backward_panel(
            rows - whole, width, channels, x + rest, center, dy + rest, zr, sums, along);
        unfold(width, repeats, sums);
        unfold(width, repeats, along);
        for (lk_int j = 0; j < width; j++) {
            sum_dy[c0 + j] = sums[j];
            sum_dyx[c0 + j] = along[j] + ((double)center[j] - mean[c0 + j]) * sums[j];
        }
    }
}

LK_KERNEL(
    batchnorm_backward_fold,
    (lk_int channels, lk_int rows, const double *mean, const double *variance, const float *gamma,
     double epsilon, const double *sum_dy, const double *sum_dyx, float *a, float *b, float *c,
     float *dgamma, float *dbeta),
    (channels, rows, mean, variance, gamma, epsilon, sum_dy, sum_dyx, a, b, c, dgamma, dbeta)) {
    // dx = gamma s (dy - mean(dy) - xhat mean(dy xhat)), with s = 1 / sqrt(variance + epsilon),
    // xhat = (x - mean) s.
    for (lk_int i = 0; i < channels; i++) {
        double s = 1.0 / __builtin_sqrt(variance[i] + epsilon);
        double scale = (double)gamma[i] * s;
        double slope = -scale * s * s * sum_dyx[i] / (double)rows;
        a[i] = (float)scale;
        b[i] = (float)slope;
        c[i] = (float)(-scale * sum_dy[i] / (double)rows - slope * mean[i]);
        if (dgamma) dgamma[i] += (float)(sum_dyx[i] * s);
        if (dbeta) dbeta[i] += (float)sum_dy[i];
    }
}

#define backward_affine LK_(backward_affine)
LK_INLINE void backward_affine(
    lk_int count, const float *x, const float *dy, const float *z, const float *a, const float *b,
    const float *c, float *dx, int residual, float *dresidual) {
    LK_INDEPENDENT
    for (lk_int j = 0; j < count; j++) {
        float d = dy[j];
        if (z) d = z[j] > 0.0f ? d : 0.0f;
        float v = fma32(d, a[j], fma32(x[j], b[j], c[j]));
        if (residual == LK_RESIDUAL_STORE) dresidual[j] = d;
        if (residual == LK_RESIDUAL_ADD) dresidual[j] += d;
        dx[j] = v;
    }
}

LK_KERNEL(
    batchnorm_backward_apply,
    (lk_int rows, lk_int channels, const float *x, const float *dy, const float *z, const float *a,
     const float *b, const float *c, float *dx, int residual, float *dresidual),
    (rows, channels, x, dy, z, a, b, c, dx, residual, dresidual)) {
    lk_int repeats = fold(channels), width = channels * repeats, count = rows * channels;
    float ra[LK_FOLDED], rb[LK_FOLDED], rc[LK_FOLDED];
    if (repeats > 1) {
        repeat(channels, repeats, a, ra);
        repeat(channels, repeats, b, rb);
        repeat(channels, repeats, c, rc);
        a = ra;
        b = rb;
        c = rc;
    }
    for (lk_int i = 0; i < count; i += width) {
        lk_int n = count - i < width ? count - i : width;
        const float *zi = z ? z + i : 0;
        float *out = residual ? dresidual + i : 0;
        // The branches let the compiler specialise the loop for what is asked.
#define APPLY(z, mode, out) backward_affine(n, x + i, dy + i, z, a, b, c, dx + i, mode, out)
        if (z && residual == LK_RESIDUAL_STORE)
            APPLY(zi, LK_RESIDUAL_STORE, out);
        else if (z && residual == LK_RESIDUAL_ADD)
            APPLY(zi, LK_RESIDUAL_ADD, out);
        else if (z)
            APPLY(zi, LK_RESIDUAL_NONE, 0);
        else if (residual == LK_RESIDUAL_STORE)
            APPLY(0, LK_RESIDUAL_STORE, out);
        else if (residual == LK_RESIDUAL_ADD)
            APPLY(0, LK_RESIDUAL_ADD, out);
        else
            APPLY(0, LK_RESIDUAL_NONE, 0);
#undef APPLY
    }
}

#undef GROUP
#endif
