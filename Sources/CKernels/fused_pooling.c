// Batch norm, ReLU and 2x2 average pooling in one pass. The fast branch works on all frames at full size, with few
// channels: these layers are bound by memory, and fusing halves their traffic.
//
// Two neighbouring pixels are one run of 2 * channels floats, so loops are twice as long as a row of channels.
#ifndef LK_PASS
#define LK_FILE "fused_pooling.c"
#include "each_variant.h"
#else

/// Output pixels handled at a time, so that coefficients, repeated, fill a loop; channels are at most LK_FOLDED / 2
/// for that, and more are taken in blocks.
#define rectified LK_(rectified)
LK_INLINE float rectified(float x, float scale, float shift) {
    float v = fma32(x, scale, shift);
    return v < 0.0f ? 0.0f : v;
}

LK_KERNEL(
    affine_relu_pool2,
    (lk_int images, lk_int height, lk_int width, lk_int channels, const float *x,
     const float *scale, const float *shift, float *y),
    (images, height, width, channels, x, scale, shift, y)) {
    lk_int row = width * channels;
    for (lk_int n = 0; n < images; n++, x += height * row)
        for (lk_int oh = 0; oh < height / 2; oh++)
            for (lk_int ow = 0; ow < width / 2; ow++, y += channels) {
                const float *a = x + 2 * oh * row + 2 * ow * channels, *b = a + row;
                LK_INDEPENDENT
                for (lk_int c = 0; c < channels; c++) {
                    float s = scale[c], t = shift[c];
                    float left = rectified(a[c], s, t) + rectified(b[c], s, t);
                    float right = rectified(a[channels + c], s, t)
                                  + rectified(b[channels + c], s, t);
                    y[c] = 0.25f * (left + right);
                }
            }
}

LK_KERNEL(
    affine_relu_pool2_backward_sums,
    (lk_int images, lk_int height, lk_int width, lk_int channels, const float *x,
     const float *scale, const float *shift, const double *mean, const float *dy, double *sum_dy,
     double *sum_dyx),
    (images, height, width, channels, x, scale, shift, mean, dy, sum_dy, sum_dyx)) {
    lk_int row = width * channels, out_row = (width / 2) * channels;
    for (lk_int c = 0; c < channels; c++) sum_dy[c] = sum_dyx[c] = 0;
    for (lk_int line = 0; line < images * (height / 2); line++) {
        lk_int n = line / (height / 2), oh = line % (height / 2);
        const float *top = x + (n * height + 2 * oh) * row, *d = dy + line * out_row;
        for (lk_int c0 = 0; c0 < channels; c0 += LK_FOLDED) {
            lk_int block = channels - c0 < LK_FOLDED ? channels - c0 : LK_FOLDED;
            float s[LK_FOLDED] = {0}, q[LK_FOLDED] = {0}, center[LK_FOLDED];
            for (lk_int c = 0; c < block; c++) center[c] = (float)mean[c0 + c];
            for (lk_int ow = 0; ow < width / 2; ow++)
                for (lk_int half = 0; half < 2; half++) {
                    const float *a = top + (2 * ow + half) * channels + c0, *b = a + row;
                    const float *g = d + ow * channels + c0;
                    LK_INDEPENDENT
                    for (lk_int c = 0; c < block; c++) {
                        float up = fma32(a[c], scale[c0 + c], shift[c0 + c]);
                        float down = fma32(b[c], scale[c0 + c], shift[c0 + c]);
                        float du = up > 0.0f ? 0.25f * g[c] : 0.0f;
                        float dd = down > 0.0f ? 0.25f * g[c] : 0.0f;
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
}

LK_KERNEL(
    affine_relu_pool2_backward_apply,
    (lk_int images, lk_int height, lk_int width, lk_int channels, const float *x,
     const float *scale, const float *shift, const float *dy, const float *a, const float *b,
     const float *c, float *dx),
    (images, height, width, channels, x, scale, shift, dy, a, b, c, dx)) {
    lk_int out_height = height / 2, out_width = width / 2;
    for (lk_int n = 0; n < images; n++, dy += out_height * out_width * channels)
        for (lk_int h = 0; h < height; h++)
            for (lk_int w = 0; w < width; w++, x += channels, dx += channels) {
                // An odd last row or column has no dy, but batch norm's own terms remain.
                int pooled = h / 2 < out_height && w / 2 < out_width;
                const float *g = dy + ((h / 2) * out_width + w / 2) * channels;
                float quarter = 0.25f;
                if (!pooled) {
                    LK_INDEPENDENT
                    for (lk_int k = 0; k < channels; k++) dx[k] = fma32(x[k], b[k], c[k]);
                    continue;
                }
                LK_INDEPENDENT
                for (lk_int k = 0; k < channels; k++) {
                    float v = fma32(x[k], scale[k], shift[k]);
                    float d = v > 0.0f ? quarter * g[k] : 0.0f;
                    dx[k] = fma32(d, a[k], fma32(x[k], b[k], c[k]));
                }
            }
}

#endif
