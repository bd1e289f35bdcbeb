// Resizing, colour and blur of clips before they are normalised: frames are (height, width, 3), their
// colours from 0 to 1. And mixing of clips thereafter.
#pragma once

#include "variant.h"

/// One axis of a resizing: output i is the sum over k < taps of weights[i * taps + k] times input
/// first[i] + k.
typedef struct {
    lk_int count, taps;
    const lk_int *first;
    const float *weights;
} lk_resampling;

/// Resizes a stored frame of `width` pixels a row along both axes: first rows, then columns.
///
/// `row` is scratch of 3 * width floats; out is (rows->count, columns->count, 3).
void lk_resample_frame(
    const lk_resampling *rows, const lk_resampling *columns, const uint8_t *frame, lk_int width,
    float *row, float *out);

/// x = x times `factor`, cut to 0 ... 1, of `count` pixels; adds the sum of their greys,
/// 0.299 R + 0.587 G + 0.114 B, to *grey.
void lk_brighten_pixels(lk_int count, float factor, float *x, double *grey);

/// x = mean + contrast (x - mean), then x = grey + saturation (x - grey) with the pixel's own grey;
/// cut to 0 ... 1 after each.
void lk_color_pixels(lk_int count, float contrast, float mean, float saturation, float *x);

/// Filters a frame along its rows and its columns with weights of offsets -radius ... radius. The
/// edge pixels go on outside.
///
/// `scratch` is 3 * height * width + 3 * (width + 2 * radius) floats.
void lk_blur_frame(
    const float *weights, lk_int radius, lk_int height, lk_int width, float *x, float *scratch);

/// x = (x - mean) / deviation, of `count` pixels.
void lk_normalize_pixels(lk_int count, float mean, float deviation, float *x);

/// a = own_a a + (1 - own_a) b, and b = own_b b + (1 - own_b) a, of the values before: two clips
/// mixed into each other.
void lk_mix_pair(lk_int count, float own_a, float own_b, float *a, float *b);
