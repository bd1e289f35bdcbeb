// Bytes to normalised floats: x * scale + shift with the scale and shift of the colour channel.
#ifndef LK_PASS
#define LK_FILE "clips.c"
#include "each_variant.h"
#else

LK_KERNEL(
    normalize_clip,
    (const lk_clip_view *view, const uint8_t *frames, const lk_int *index, lk_int count,
     float *out),
    (view, frames, index, count, out)) {
    // 96 is a multiple of both 3 and the widest vector.
    float scale[96], shift[96];
    for (int i = 0; i < 96; i++) {
        double deviation = view->deviation[i % 3];
        scale[i] = (float)(1.0 / (255.0 * deviation));
        shift[i] = (float)(-(double)view->mean[i % 3] / deviation);
    }
    lk_int width = 3 * view->crop_width, frame_bytes = 3 * view->height * view->width;
    for (lk_int f = 0; f < count; f++)
        for (lk_int r = 0; r < view->crop_height; r++, out += width) {
            const uint8_t *x = frames + index[f] * frame_bytes
                               + 3 * ((view->crop_top + r) * view->width + view->crop_left);
            if (view->flip) {
                for (lk_int i = 0; i < width; i += 3)
                    for (int c = 0; c < 3; c++)
                        out[i + c] = fma32((float)x[width - 3 - i + c], scale[c], shift[c]);
                continue;
            }
            for (lk_int i = 0; i < width; i += 96) {
                lk_int end = width - i < 96 ? width - i : 96;
                LK_INDEPENDENT
                for (lk_int j = 0; j < end; j++)
                    out[i + j] = fma32((float)x[i + j], scale[j], shift[j]);
            }
        }
}

#endif
