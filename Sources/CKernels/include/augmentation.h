// Resizing, colour and blur of clips before they are normalised: one frame a call, (height, width, 3),
// colours from 0 to 1.
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

/// x = (x - mean) / deviation, of `count` pixels.
void lk_normalize_pixels(lk_int count, float mean, float deviation, float *x);
