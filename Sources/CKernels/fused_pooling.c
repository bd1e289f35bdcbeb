// Batch norm, ReLU and 2x2 average pooling in one pass. The fast branch works on all frames at full
// size: these layers are bound by memory, and fusing halves their traffic.
//
// Each body is inlined once for 8, for 16 and for 32 channels, where a row of channels is a few
// vectors and a loop around them would cost more than the work, and once for any number.
#ifndef LK_PASS
#define LK_FILE "fused_pooling.c"
#include "each_variant.h"
#else

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

#define rectified_narrow LK_(rectified_narrow)
LK_INLINE narrow rectified_narrow(narrow x, narrow scale, narrow shift) {
    narrow v = fma_narrow(x, scale, shift);
    return (narrow)((narrow_lanes)v & ~(narrow_lanes)(v < (narrow){0}));
}

/// Two rows of input to one of output.
#define pool_row LK_(pool_row)
LK_INLINE void pool_row(
    const lk_int channels, lk_int out_width, lk_int row, const float *x, const float *scale,
    const float *shift, float *y) {
    for (lk_int ow = 0; ow < out_width; ow++, x += 2 * channels, y += channels) {
        const float *z = x + row;
        lk_int c = 0;
        for (; c + LK_NARROW <= channels; c += LK_NARROW) {
            narrow s = load_narrow(scale + c), t = load_narrow(shift + c);
            narrow a = rectified_narrow(load_narrow(x + c), s, t);
            narrow b = rectified_narrow(load_narrow(x + channels + c), s, t);
            narrow left = a + rectified_narrow(load_narrow(z + c), s, t);
            narrow right = b + rectified_narrow(load_narrow(z + channels + c), s, t);
            *(narrow *)(y + c) = 0.25f * (left + right);
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
    lk_int c = 0;
    for (; c + LK_NARROW <= channels; c += LK_NARROW) {
        narrow factor = load_narrow(scale + c), term = load_narrow(shift + c);
        narrow center, s = {0}, q = {0};
        for (int l = 0; l < LK_NARROW; l++) center[l] = (float)mean[c + l];
        const float *a = x + c, *g = dy + c;
        for (lk_int ow = 0; ow < out_width; ow++, g += channels) {
            narrow d = 0.25f * load_narrow(g);
            for (lk_int half = 0; half < 2; half++, a += channels) {
                narrow u = load_narrow(a), v = load_narrow(a + row);
                narrow_lanes up = (narrow_lanes)(fma_narrow(u, factor, term) > (narrow){0});
                narrow_lanes down = (narrow_lanes)(fma_narrow(v, factor, term) > (narrow){0});
                narrow du = (narrow)((narrow_lanes)d & up), dd = (narrow)((narrow_lanes)d & down);
                s += du + dd;
                q += fma_narrow(du, u - center, dd * (v - center));
            }
        }
        for (int l = 0; l < LK_NARROW; l++) {
            sum_dy[c + l] += (double)s[l];
            sum_dyx[c + l] += (double)q[l];
        }
    }
    for (; c < channels; c++) {
        float s = 0, q = 0, center = (float)mean[c];
        for (lk_int w = 0; w < 2 * out_width; w++) {
            float u = x[w * channels + c], v = x[w * channels + c + row];
            float d = 0.25f * dy[w / 2 * channels + c];
            float du = fma32(u, scale[c], shift[c]) > 0.0f ? d : 0.0f;
            float dd = fma32(v, scale[c], shift[c]) > 0.0f ? d : 0.0f;
            s += du + dd;
            q += fma32(du, u - center, dd * (v - center));
        }
        sum_dy[c] += (double)s;
        sum_dyx[c] += (double)q;
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
            for (; k + LK_NARROW <= channels; k += LK_NARROW) {
                narrow v = load_narrow(x + k), quarter = 0.25f * load_narrow(dy + k);
                narrow z = fma_narrow(v, load_narrow(scale + k), load_narrow(shift + k));
                narrow_lanes open = (narrow_lanes)(z > (narrow){0});
                narrow d = (narrow)((narrow_lanes)quarter & open);
                narrow own = fma_narrow(v, load_narrow(b + k), load_narrow(c + k));
                *(narrow *)(dx + k) = fma_narrow(d, load_narrow(a + k), own);
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

#undef FOR_CHANNELS
#endif
