// From stored video to what a network takes.
#pragma once

#include "variant.h"

/// How a stored clip (frames, height, width, 3) of bytes becomes input.
typedef struct {
    lk_int height, width;
    lk_int crop_top, crop_left, crop_height, crop_width;
    int flip;
    float mean[3], deviation[3];
} lk_clip_view;

/// out[i] = (frame / 255 - mean) / deviation of stored frame index[i], cropped, mirrored left to
/// right if `flip`: (count, crop_height, crop_width, 3).
void lk_normalize_clip(
    const lk_clip_view *view, const uint8_t *frames, const lk_int *index, lk_int count, float *out);
