// Batch norm, ReLU and 2x2 average pooling in one pass. The fast branch works on all frames at full
// size: these layers are bound by memory, and fusing halves their traffic.
//
// Each body is inlined once for 8, for 16 and for 32 channels, where a row of channels is a few
// vectors and a loop around them would cost more than the work, and once for any number.
#ifndef LK_PASS
#define LK_FILE "fused_pooling.c"
#include "include/pooling.h"

#if defined(__x86_64__)
// The widest variant leaves fewer channels than its vectors have lanes to this one.
#define LK_AVX2_FUNCTION __attribute__((target("avx2,fma"))) static void
LK_AVX2_FUNCTION lk_affine_relu_pool2_avx2(
    lk_int, lk_int, lk_int, lk_int, const float *, const float *, const float *, float *);
LK_AVX2_FUNCTION lk_affine_relu_pool2_backward_apply_avx2(
    lk_int, lk_int, lk_int, lk_int, const float *, const float *, const float *, const float *,
    const float *, const float *, const float *, float *);
#undef LK_AVX2_FUNCTION
#endif
#include "each_variant.h"
#else

/// Channels whose sums stay in registers.
#define BLOCK 32

#define FOR_CHANNELS(body, ...)                                                                   \
    switch (channels) {                                                                           \
    case 8: body(8, __VA_ARGS__); break;                                                          \
    case 16: body(16, __VA_ARGS__); break;                                                        \
    case 32: body(32, __VA_ARGS__); break;                                                        \
    default: body(channels, __VA_ARGS__);                                                         \
    }

#define rectified LK_(rectified)
LK_INLINE float rectified(float x, float scale, float shift) {
    float v = fma32(x, scale, shift);
    return v < 0.0f ? 0.0f : v;
}

#define rectified_vec LK_(rectified_vec)
LK_INLINE vec rectified_vec(vec x, vec scale, vec shift) {
    vec v = fma_vec(x, scale, shift);
    return (vec)((lanes)v & ~(lanes)(v < (vec){0}));
}

/// Two rows of input to one of output.
#define pool_row LK_(pool_row)
LK_INLINE void pool_row(
    const lk_int channels, lk_int out_width, lk_int row, const float *x, const float *scale,
    const float *shift, float *y) {
    for (lk_int ow = 0; ow < out_width; ow++, x += 2 * channels, y += channels) {
        const float *z = x + row;
        lk_int c = 0;
        for (; c + LK_LANES <= channels; c += LK_LANES) {
            vec s = load(scale + c), t = load(shift + c);
            vec left = rectified_vec(load(x + c), s, t) + rectified_vec(load(z + c), s, t);
            vec right = rectified_vec(load(x + channels + c), s, t)
                        + rectified_vec(load(z + channels + c), s, t);
            *(vec *)(y + c) = 0.25f * (left + right);
        }
        for (; c < channels; c++) {
            float s = scale[c], t = shift[c];
            float left = rectified(x[c], s, t) + rectified(z[c], s, t);
            float right = rectified(x[channels + c], s, t) + rectified(z[channels + c], s, t);
            y[c] = 0.25f * (left + right);
        }
    }
}

LK_KERNEL(
    affine_relu_pool2,
    (lk_int images, lk_int height, lk_int width, lk_int channels, const float *x,
     const float *scale, const float *shift, float *y),
    (images, height, width, channels, x, scale, shift, y)) {
#if LK_PASS == 2
    if (channels < LK_LANES) {
        lk_affine_relu_pool2_avx2(images, height, width, channels, x, scale, shift, y);
        return;
    }
#endif
    lk_int row = width * channels, out_width = width / 2;
    for (lk_int n = 0; n < images; n++, x += height * row)
        for (lk_int oh = 0; oh < height / 2; oh++, y += out_width * channels)
            FOR_CHANNELS(pool_row, out_width, row, x + 2 * oh * row, scale, shift, y);
}

/// Adds one row of output, and the two rows of input above it, to the sums.
#define sum_row LK_(sum_row)
LK_INLINE void sum_row(
    const lk_int channels, lk_int out_width, lk_int row, const float *x, const float *scale,
    const float *shift, const double *mean, const float *dy, double *sum_dy, double *sum_dyx) {
    for (lk_int c0 = 0; c0 < channels; c0 += BLOCK) {
        const lk_int block = channels - c0 < BLOCK ? channels - c0 : BLOCK;
        float s[BLOCK] = {0}, q[BLOCK] = {0}, center[BLOCK];
        for (lk_int c = 0; c < block; c++) center[c] = (float)mean[c0 + c];
        for (lk_int ow = 0; ow < out_width; ow++)
            for (lk_int half = 0; half < 2; half++) {
                const float *a = x + (2 * ow + half) * channels + c0, *b = a + row;
                const float *g = dy + ow * channels + c0;
                LK_INDEPENDENT
                for (lk_int c = 0; c < block; c++) {
                    float up = fma32(a[c], scale[c0 + c], shift[c0 + c]);
                    float down = fma32(b[c], scale[c0 + c], shift[c0 + c]);
                    float d = 0.25f * g[c];
                    float du = up > 0.0f ? d : 0.0f, dd = down > 0.0f ? d : 0.0f;
                    s[c] += du + dd;
                    q[c] += fma32(du, a[c] - center[c], dd * (b[c] - center[c]));
                }
            }
        for (lk_int c = 0; c < block; c++) {
            sum_dy[c0 + c] += (double)s[c];
            sum_dyx[c0 + c] += (double)q[c];
        }
    }
}

LK_KERNEL(
    affine_relu_pool2_backward_sums,
    (lk_int images, lk_int height, lk_int width, lk_int channels, const float *x,
     const float *scale, const float *shift, const double *mean, const float *dy, double *sum_dy,
     double *sum_dyx),
    (images, height, width, channels, x, scale, shift, mean, dy, sum_dy, sum_dyx)) {
    lk_int row = width * channels, out_width = width / 2;
    for (lk_int c = 0; c < channels; c++) sum_dy[c] = sum_dyx[c] = 0;
    for (lk_int n = 0; n < images; n++, x += height * row)
        for (lk_int oh = 0; oh < height / 2; oh++, dy += out_width * channels)
            FOR_CHANNELS(
                sum_row, out_width, row, x + 2 * oh * row, scale, shift, mean, dy, sum_dy,
                sum_dyx);
}

/// dx = x b + c: what batch norm's own terms give where there is no dy.
#define unpooled LK_(unpooled)
LK_INLINE void unpooled(
    const lk_int channels, lk_int pixels, const float *x, const float *b, const float *c,
    float *dx) {
    for (lk_int p = 0; p < pixels; p++, x += channels, dx += channels) {
        LK_INDEPENDENT
        for (lk_int k = 0; k < channels; k++) dx[k] = fma32(x[k], b[k], c[k]);
    }
}

#define unpool_row LK_(unpool_row)
LK_INLINE void unpool_row(
    const lk_int channels, lk_int out_width, const float *x, const float *scale,
    const float *shift, const float *dy, const float *a, const float *b, const float *c,
    float *dx) {
    for (lk_int ow = 0; ow < out_width; ow++, dy += channels)
        for (lk_int half = 0; half < 2; half++, x += channels, dx += channels) {
            lk_int k = 0;
            for (; k + LK_LANES <= channels; k += LK_LANES) {
                vec v = load(x + k), quarter = 0.25f * load(dy + k);
                lanes open = (lanes)(fma_vec(v, load(scale + k), load(shift + k)) > (vec){0});
                vec d = (vec)((lanes)quarter & open);
                vec own = fma_vec(v, load(b + k), load(c + k));
                *(vec *)(dx + k) = fma_vec(d, load(a + k), own);
            }
            for (; k < channels; k++) {
                float d = fma32(x[k], scale[k], shift[k]) > 0.0f ? 0.25f * dy[k] : 0.0f;
                dx[k] = fma32(d, a[k], fma32(x[k], b[k], c[k]));
            }
        }
}

LK_KERNEL(
    affine_relu_pool2_backward_apply,
    (lk_int images, lk_int height, lk_int width, lk_int channels, const float *x,
     const float *scale, const float *shift, const float *dy, const float *a, const float *b,
     const float *c, float *dx),
    (images, height, width, channels, x, scale, shift, dy, a, b, c, dx)) {
#if LK_PASS == 2
    if (channels < LK_LANES) {
        lk_affine_relu_pool2_backward_apply_avx2(
            images, height, width, channels, x, scale, shift, dy, a, b, c, dx);
        return;
    }
#endif
    lk_int row = width * channels, out_width = width / 2, paired = 2 * out_width * channels;
    for (lk_int n = 0; n < images; n++)
        for (lk_int h = 0; h < height; h++, x += row, dx += row) {
            if (h / 2 == height / 2) {
                unpooled(channels, width, x, b, c, dx);
                continue;
            }
            FOR_CHANNELS(unpool_row, out_width, x, scale, shift, dy, a, b, c, dx);
            unpooled(channels, width - 2 * out_width, x + paired, b, c, dx + paired);
            if (h % 2 == 1) dy += out_width * channels;
        }
}

#undef BLOCK
#undef FOR_CHANNELS
#endif
