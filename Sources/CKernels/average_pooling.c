// 2x2 average and adaptive average pooling. Inner loops run along channels, which are contiguous.
#ifndef LK_PASS
#define LK_FILE "average_pooling.c"
#include "each_variant.h"
#else

/// Channels handled at a time: their sums stay in the first-level cache.
#define BLOCK 64

LK_KERNEL(
    average_pool2,
    (lk_int images, lk_int height, lk_int width, lk_int channels, const float *x, float *y),
    (images, height, width, channels, x, y)) {
    lk_int row = width * channels;
    for (lk_int n = 0; n < images; n++, x += height * row)
        for (lk_int oh = 0; oh < height / 2; oh++)
            for (lk_int ow = 0; ow < width / 2; ow++, y += channels) {
                const float *a = x + 2 * oh * row + 2 * ow * channels, *b = a + row;
                LK_INDEPENDENT
                for (lk_int c = 0; c < channels; c++)
                    y[c] = 0.25f * ((a[c] + a[channels + c]) + (b[c] + b[channels + c]));
            }
}

LK_KERNEL(
    average_pool2_backward,
    (lk_int images, lk_int height, lk_int width, lk_int channels, const float *dy, float *dx),
    (images, height, width, channels, dy, dx)) {
    for (lk_int n = 0; n < images; n++, dy += (height / 2) * (width / 2) * channels)
        for (lk_int h = 0; h < height; h++)
            for (lk_int w = 0; w < width; w++, dx += channels) {
                if (h / 2 >= height / 2 || w / 2 >= width / 2) {
                    memset(dx, 0, sizeof(float) * (size_t)channels);
                    continue;
                }
                const float *d = dy + ((h / 2) * (width / 2) + w / 2) * channels;
                LK_INDEPENDENT
                for (lk_int c = 0; c < channels; c++) dx[c] = 0.25f * d[c];
            }
}

LK_KERNEL(
    adaptive_average_pool,
    (lk_int images, lk_int height, lk_int width, lk_int channels, lk_int out_height,
     lk_int out_width, const float *x, float *y),
    (images, height, width, channels, out_height, out_width, x, y)) {
    for (lk_int n = 0; n < images; n++, x += height * width * channels)
        for (lk_int oh = 0; oh < out_height; oh++)
            for (lk_int ow = 0; ow < out_width; ow++, y += channels) {
                lk_int top = oh * height / out_height, left = ow * width / out_width;
                lk_int bottom = ((oh + 1) * height + out_height - 1) / out_height;
                lk_int right = ((ow + 1) * width + out_width - 1) / out_width;
                double scale = 1.0 / (double)((bottom - top) * (right - left));
                for (lk_int c0 = 0; c0 < channels; c0 += BLOCK) {
                    lk_int block = channels - c0 < BLOCK ? channels - c0 : BLOCK;
                    double total[BLOCK] = {0};
                    for (lk_int h = top; h < bottom; h++) {
                        float sums[BLOCK] = {0};
                        const float *p = x + (h * width + left) * channels + c0;
                        for (lk_int w = left; w < right; w++, p += channels)
                            for (lk_int c = 0; c < block; c++) sums[c] += p[c];
                        for (lk_int c = 0; c < block; c++) total[c] += (double)sums[c];
                    }
                    for (lk_int c = 0; c < block; c++) y[c0 + c] = (float)(total[c] * scale);
                }
            }
}

LK_KERNEL(
    adaptive_average_pool_backward,
    (lk_int images, lk_int height, lk_int width, lk_int channels, lk_int out_height,
     lk_int out_width, const float *dy, float *dx),
    (images, height, width, channels, out_height, out_width, dy, dx)) {
    lk_int size = height * width * channels;
    for (lk_int n = 0; n < images; n++, dx += size) {
        memset(dx, 0, sizeof(float) * (size_t)size);
        for (lk_int oh = 0; oh < out_height; oh++)
            for (lk_int ow = 0; ow < out_width; ow++, dy += channels) {
                lk_int top = oh * height / out_height, left = ow * width / out_width;
                lk_int bottom = ((oh + 1) * height + out_height - 1) / out_height;
                lk_int right = ((ow + 1) * width + out_width - 1) / out_width;
                float scale = (float)(1.0 / (double)((bottom - top) * (right - left)));
                for (lk_int h = top; h < bottom; h++)
                    for (lk_int w = left; w < right; w++) {
                        float *d = dx + (h * width + w) * channels;
                        LK_INDEPENDENT
                        for (lk_int c = 0; c < channels; c++) d[c] += scale * dy[c];
                    }
            }
    }
}

#undef BLOCK
#endif
