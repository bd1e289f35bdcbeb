// The way back of batch normalisation and ReLU, whose output is not there: whether ReLU let a value through is seen from
// what came in.
//
// Sums go as in batch_normalization.c: float over 32 folded rows, then double.
#ifndef LK_PASS
#define LK_FILE "rectified_normalization.c"
#include "each_variant.h"
#else

#define GROUP 32
/// Vectors of columns at once: five registers each.
#define WIDE (LK_LANES == 16 ? 4 : 2)

/// The sums over `rows` <= GROUP rows, for some vectors of columns.
#define rectified_block LK_(rectified_block)
LK_INLINE void rectified_block(
    const int vectors, lk_int rows, lk_int stride, const float *x, const float *center,
    const float *scale, const float *shift, const float *dy, float *sums, float *along) {
    vec s[WIDE], q[WIDE], m[WIDE], f[WIDE], t[WIDE];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
        s[v] = q[v] = (vec){0};
        m[v] = load(center + v * LK_LANES);
        f[v] = load(scale + v * LK_LANES);
        t[v] = load(shift + v * LK_LANES);
    }
    for (lk_int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (int v = 0; v < vectors; v++) {
            vec u = load(x + r * stride + v * LK_LANES);
            lanes open = (lanes)(fma_vec(u, f[v], t[v]) > (vec){0});
            vec d = (vec)((lanes)load(dy + r * stride + v * LK_LANES) & open);
            s[v] += d;
            q[v] = fma_vec(d, u - m[v], q[v]);
        }
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
        *(vec *)(sums + v * LK_LANES) = s[v];
        *(vec *)(along + v * LK_LANES) = q[v];
    }
}

/// Adds the sums of a panel of `width` columns.
#define rectified_panel LK_(rectified_panel)
LK_INLINE void rectified_panel(
    lk_int rows, lk_int width, lk_int stride, const float *x, const float *center,
    const float *scale, const float *shift, const float *dy, double *sums, double *along) {
    for (lk_int r0 = 0; r0 < rows; r0 += GROUP) {
        lk_int part = rows - r0 < GROUP ? rows - r0 : GROUP, j = 0;
        const float *u = x + r0 * stride, *g = dy + r0 * stride;
        float s[LK_FOLDED], q[LK_FOLDED];
        for (; j + WIDE * LK_LANES <= width; j += WIDE * LK_LANES)
            rectified_block(
                WIDE, part, stride, u + j, center + j, scale + j, shift + j, g + j, s + j, q + j);
        for (; j + LK_LANES <= width; j += LK_LANES)
            rectified_block(
                1, part, stride, u + j, center + j, scale + j, shift + j, g + j, s + j, q + j);
        for (; j < width; j++) {
            s[j] = q[j] = 0;
            for (lk_int r = 0; r < part; r++) {
                float v = u[r * stride + j];
                float d = fma32(v, scale[j], shift[j]) > 0.0f ? g[r * stride + j] : 0.0f;
                s[j] += d;
                q[j] = fma32(d, v - center[j], q[j]);
            }
        }
        for (j = 0; j < width; j++) sums[j] += (double)s[j];
        for (j = 0; j < width; j++) along[j] += (double)q[j];
    }
}

LK_KERNEL(
    batchnorm_relu_backward_sums,
    (lk_int rows, lk_int channels, const float *x, const double *mean, const float *scale,
     const float *shift, const float *dy, double *sum_dy, double *sum_dyx),
    (rows, channels, x, mean, scale, shift, dy, sum_dy, sum_dyx)) {
    lk_int repeats = fold(channels), whole = rows / repeats * repeats;
    for (lk_int c0 = 0; c0 < channels; c0 += LK_FOLDED) {
        lk_int width = channels - c0 < LK_FOLDED ? channels - c0 : LK_FOLDED;
        lk_int folded = width * repeats, stride = channels * repeats;
        lk_int rest = whole * channels + c0;
        float center[LK_FOLDED], f[LK_FOLDED], t[LK_FOLDED];
        for (lk_int j = 0; j < folded; j++) center[j] = (float)mean[c0 + j % width];
        repeat(width, repeats, scale + c0, f);
        repeat(width, repeats, shift + c0, t);
        double sums[LK_FOLDED] = {0}, along[LK_FOLDED] = {0};
        rectified_panel(
            whole / repeats, folded, stride, x + c0, center, f, t, dy + c0, sums, along);
        rectified_panel(
            rows - whole, width, channels, x + rest, center, f, t, dy + rest, sums, along);
        for (lk_int r = 1; r < repeats; r++)
            for (lk_int j = 0; j < width; j++) {
                sums[j] += sums[r * width + j];
                along[j] += along[r * width + j];
            }
        for (lk_int j = 0; j < width; j++) {
            sum_dy[c0 + j] = sums[j];
            sum_dyx[c0 + j] = along[j] + ((double)center[j] - mean[c0 + j]) * sums[j];
        }
    }
}

#define rectified_row LK_(rectified_row)
LK_INLINE void rectified_row(
    lk_int count, const float *x, const float *scale, const float *shift, const float *dy,
    const float *a, const float *b, const float *c, float *dx) {
    LK_INDEPENDENT
    for (lk_int j = 0; j < count; j++) {
        float d = fma32(x[j], scale[j], shift[j]) > 0.0f ? dy[j] : 0.0f;
        dx[j] = fma32(d, a[j], fma32(x[j], b[j], c[j]));
    }
}

LK_KERNEL(
    batchnorm_relu_backward_apply,
    (lk_int rows, lk_int channels, const float *x, const float *scale, const float *shift,
     const float *dy, const float *a, const float *b, const float *c, float *dx),
    (rows, channels, x, scale, shift, dy, a, b, c, dx)) {
    lk_int repeats = fold(channels), width = channels * repeats, count = rows * channels;
    float f[LK_FOLDED], t[LK_FOLDED], ra[LK_FOLDED], rb[LK_FOLDED], rc[LK_FOLDED];
    if (repeats > 1) {
        repeat(channels, repeats, scale, f);
        repeat(channels, repeats, shift, t);
        repeat(channels, repeats, a, ra);
        repeat(channels, repeats, b, rb);
        repeat(channels, repeats, c, rc);
        scale = f;
        shift = t;
        a = ra;
        b = rb;
        c = rc;
    }
    for (lk_int i = 0; i < count; i += width) {
        lk_int n = count - i < width ? count - i : width;
        rectified_row(n, x + i, scale, shift, dy + i, a, b, c, dx + i);
    }
}

#undef GROUP
#undef WIDE
#endif
