// Resizing, colour, blur and mixing of clips.
#ifndef LK_PASS
#define LK_FILE "augmentation.c"
#include "each_variant.h"
#else

LK_KERNEL(
    resample_frame,
    (const lk_resampling *rows, const lk_resampling *columns, const uint8_t *frame, lk_int width,
     float *row, float *out),
    (rows, columns, frame, width, row, out)) {
    lk_int begin = width, end = 0;
    for (lk_int i = 0; i < columns->count; i++) {
        lk_int first = columns->first[i];
        begin = first < begin ? first : begin;
        end = first + columns->taps > end ? first + columns->taps : end;
    }
    lk_int blended = 3 * (end - begin);
    for (lk_int r = 0; r < rows->count; r++) {
        const uint8_t *x = frame + 3 * (rows->first[r] * width + begin);
        const float *w = rows->weights + r * rows->taps;
        LK_INDEPENDENT
        for (lk_int j = 0; j < blended; j++) row[j] = w[0] * (float)x[j];
        for (lk_int k = 1; k < rows->taps; k++) {
            x += 3 * width;
            LK_INDEPENDENT
            for (lk_int j = 0; j < blended; j++) row[j] = fma32(w[k], (float)x[j], row[j]);
        }
        for (lk_int i = 0; i < columns->count; i++, out += 3) {
            const float *from = row + 3 * (columns->first[i] - begin);
            const float *weights = columns->weights + i * columns->taps;
            float sum[3] = {weights[0] * from[0], weights[0] * from[1], weights[0] * from[2]};
            for (lk_int k = 1; k < columns->taps; k++)
                for (int c = 0; c < 3; c++) sum[c] = fma32(weights[k], from[3 * k + c], sum[c]);
            for (int c = 0; c < 3; c++) out[c] = sum[c];
        }
    }
}

#define cut_to_unit LK_(cut_to_unit)
LK_INLINE float cut_to_unit(float x) {
    x = x < 0.0f ? 0.0f : x;
    return x > 1.0f ? 1.0f : x;
}

#define grey_of LK_(grey_of)
LK_INLINE float grey_of(float red, float green, float blue) {
    return fma32(0.114f, blue, fma32(0.587f, green, 0.299f * red));
}

LK_KERNEL(
    brighten_pixels, (lk_int count, float factor, float *x, double *grey),
    (count, factor, x, grey)) {
    LK_INDEPENDENT
    for (lk_int i = 0; i < 3 * count; i++) x[i] = cut_to_unit(x[i] * factor);
    // Eight chains in a fixed layout, as in lk_dot.
    double sums[8] = {0};
    for (lk_int i = 0; i < count; i += 8) {
        lk_int end = count - i < 8 ? count - i : 8;
        for (lk_int j = 0; j < end; j++) {
            const float *p = x + 3 * (i + j);
            sums[j] += (double)grey_of(p[0], p[1], p[2]);
        }
    }
    for (int width = 4; width > 0; width /= 2)
        for (int j = 0; j < width; j++) sums[j] += sums[j + width];
    *grey += sums[0];
}

LK_KERNEL(
    color_pixels, (lk_int count, float contrast, float mean, float saturation, float *x),
    (count, contrast, mean, saturation, x)) {
    const float shift = (1.0f - contrast) * mean, rest = 1.0f - saturation;
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) {
        float *p = x + 3 * i;
        float red = cut_to_unit(fma32(contrast, p[0], shift));
        float green = cut_to_unit(fma32(contrast, p[1], shift));
        float blue = cut_to_unit(fma32(contrast, p[2], shift));
        float grey = rest * grey_of(red, green, blue);
        p[0] = cut_to_unit(fma32(saturation, red, grey));
        p[1] = cut_to_unit(fma32(saturation, green, grey));
        p[2] = cut_to_unit(fma32(saturation, blue, grey));
    }
}

/// y += w * x, or y = w * x at first.
#define add_weighted LK_(add_weighted)
LK_INLINE void add_weighted(lk_int count, int first, float w, const float *x, float *y) {
    if (first) {
        LK_INDEPENDENT
        for (lk_int i = 0; i < count; i++) y[i] = w * x[i];
    } else {
        LK_INDEPENDENT
        for (lk_int i = 0; i < count; i++) y[i] = fma32(w, x[i], y[i]);
    }
}

LK_KERNEL(
    blur_frame,
    (const float *weights, lk_int radius, lk_int height, lk_int width, float *x, float *scratch),
    (weights, radius, height, width, x, scratch)) {
    const lk_int row = 3 * width, taps = 2 * radius + 1;
    float *padded = scratch + height * row;
    for (lk_int r = 0; r < height; r++) {
        const float *from = x + r * row;
        for (lk_int i = 0; i < 3 * radius; i++) {
            padded[i] = from[i % 3];
            padded[3 * radius + row + i] = from[row - 3 + i % 3];
        }
        memcpy(padded + 3 * radius, from, (size_t)row * sizeof(float));
        for (lk_int k = 0; k < taps; k++)
            add_weighted(row, k == 0, weights[k], padded + 3 * k, scratch + r * row);
    }
    for (lk_int r = 0; r < height; r++)
        for (lk_int k = 0; k < taps; k++) {
            lk_int from = r + k - radius;
            from = from < 0 ? 0 : from >= height ? height - 1 : from;
            add_weighted(row, k == 0, weights[k], scratch + from * row, x + r * row);
        }
}

LK_KERNEL(
    mix_pair, (lk_int count, float own_a, float own_b, float *a, float *b),
    (count, own_a, own_b, a, b)) {
    const float other_a = 1.0f - own_a, other_b = 1.0f - own_b;
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) {
        float x = a[i], y = b[i];
        a[i] = fma32(own_a, x, other_a * y);
        b[i] = fma32(own_b, y, other_b * x);
    }
}

LK_KERNEL(
    normalize_pixels, (lk_int count, float mean, float deviation, float *x),
    (count, mean, deviation, x)) {
    float scale = (float)(1.0 / (double)deviation);
    float shift = (float)(-(double)mean / (double)deviation);
    LK_INDEPENDENT
    for (lk_int i = 0; i < 3 * count; i++) x[i] = fma32(x[i], scale, shift);
}

#undef cut_to_unit
#undef grey_of
#undef add_weighted
#endif
