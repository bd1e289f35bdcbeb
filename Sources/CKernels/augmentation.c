// Resizing, colour and blur of clips before they are normalised.
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

LK_KERNEL(
    normalize_pixels, (lk_int count, float mean, float deviation, float *x),
    (count, mean, deviation, x)) {
    float scale = (float)(1.0 / (double)deviation);
    float shift = (float)(-(double)mean / (double)deviation);
    LK_INDEPENDENT
    for (lk_int i = 0; i < 3 * count; i++) x[i] = fma32(x[i], scale, shift);
}

#endif
