// im2col, its transpose, and weight layouts.
#ifndef LK_PASS
#define LK_FILE "convolution.c"
#include "each_variant.h"
#else

/// Where an output pixel lies: its clip, and the input position of its window's first tap.
typedef struct {
    lk_int clip, time, height, width;
} LK_(window);
#define window LK_(window)

#define window_of LK_(window_of)
LK_INLINE window window_of(const lk_convolution *s, lk_int pixel) {
    lk_int ow = pixel % s->out_width, rest = pixel / s->out_width;
    lk_int oh = rest % s->out_height;
    rest /= s->out_height;
    window w = {
        rest / s->out_time,
        rest % s->out_time * s->stride_time - s->pad_time,
        oh * s->stride_height - s->pad_height,
        ow * s->stride_width - s->pad_width,
    };
    return w;
}

/// Taps of a window along the width that lie inside the input: first ..< last.
#define inside LK_(inside)
LK_INLINE void inside(const lk_convolution *s, lk_int left, lk_int *first, lk_int *last) {
    *first = left < 0 ? -left : 0;
    *last = s->in_width - left < s->kernel_width ? s->in_width - left : s->kernel_width;
    if (*last < *first) *last = *first;
}

/// Short copies, as of 3 x 64 floats, are the rule: a loop beats a call of memcpy.
#define copy_run LK_(copy_run)
LK_INLINE void copy_run(lk_int count, const float *x, float *y) {
    if (count >= 256) {
        memcpy(y, x, sizeof(float) * (size_t)count);
        return;
    }
    LK_INDEPENDENT
    for (lk_int i = 0; i < count; i++) y[i] = x[i];
}

#define zero_run LK_(zero_run)
LK_INLINE void zero_run(lk_int count, float *y) {
    for (lk_int i = 0; i < count; i++) y[i] = 0.0f;
}

LK_KERNEL(
    im2col,
    (const lk_convolution *shape, const float *x, lk_int first, lk_int count, float *columns),
    (shape, x, first, count, columns)) {
    const lk_convolution s = *shape;
    lk_int run = s.kernel_width * s.in_channels;
    for (lk_int p = first; p < first + count; p++) {
        window w = window_of(&s, p);
        lk_int from, to;
        inside(&s, w.width, &from, &to);
        for (lk_int i = 0; i < s.kernel_time; i++)
            for (lk_int j = 0; j < s.kernel_height; j++, columns += run) {
                lk_int t = w.time + i, h = w.height + j;
                if (t < 0 || t >= s.in_time || h < 0 || h >= s.in_height) {
                    zero_run(run, columns);
                    continue;
                }
                const float *line =
                    x + ((w.clip * s.in_time + t) * s.in_height + h) * s.in_width * s.in_channels;
                zero_run(from * s.in_channels, columns);
                copy_run(
                    (to - from) * s.in_channels, line + (w.width + from) * s.in_channels,
                    columns + from * s.in_channels);
                zero_run((s.kernel_width - to) * s.in_channels, columns + to * s.in_channels);
            }
    }
}

LK_KERNEL(
    col2im,
    (const lk_convolution *shape, const float *columns, lk_int first, lk_int count, float *dx),
    (shape, columns, first, count, dx)) {
    const lk_convolution s = *shape;
    lk_int run = s.kernel_width * s.in_channels;
    for (lk_int p = first; p < first + count; p++) {
        window w = window_of(&s, p);
        lk_int from, to;
        inside(&s, w.width, &from, &to);
        for (lk_int i = 0; i < s.kernel_time; i++)
            for (lk_int j = 0; j < s.kernel_height; j++, columns += run) {
                lk_int t = w.time + i, h = w.height + j;
                if (t < 0 || t >= s.in_time || h < 0 || h >= s.in_height) continue;
                float *line =
                    dx + ((w.clip * s.in_time + t) * s.in_height + h) * s.in_width * s.in_channels;
                float *to_add = line + (w.width + from) * s.in_channels;
                const float *added = columns + from * s.in_channels;
                LK_INDEPENDENT
                for (lk_int c = 0; c < (to - from) * s.in_channels; c++) to_add[c] += added[c];
            }
    }
}

LK_KERNEL(
    pack_weight, (lk_int out, lk_int in, lk_int taps, const float *weight, float *packed),
    (out, in, taps, weight, packed)) {
    // Blocks of 16 outputs: each cache line of `packed` is written whole.
    for (lk_int o0 = 0; o0 < out; o0 += 16) {
        lk_int o1 = o0 + 16 < out ? o0 + 16 : out;
        for (lk_int i = 0; i < in; i++)
            for (lk_int tap = 0; tap < taps; tap++)
                for (lk_int o = o0; o < o1; o++)
                    packed[(tap * in + i) * out + o] = weight[(o * in + i) * taps + tap];
    }
}

LK_KERNEL(
    pack_weight_flipped, (lk_int out, lk_int in, lk_int taps, const float *weight, float *packed),
    (out, in, taps, weight, packed)) {
    for (lk_int o = 0; o < out; o++)
        for (lk_int tap = 0; tap < taps; tap++)
            for (lk_int i = 0; i < in; i++)
                packed[((taps - 1 - tap) * out + o) * in + i] = weight[(o * in + i) * taps + tap];
}

LK_KERNEL(
    add_packed_weight, (lk_int out, lk_int in, lk_int taps, const float *packed, float *weight),
    (out, in, taps, packed, weight)) {
    for (lk_int o0 = 0; o0 < out; o0 += 16) {
        lk_int o1 = o0 + 16 < out ? o0 + 16 : out;
        for (lk_int i = 0; i < in; i++)
            for (lk_int tap = 0; tap < taps; tap++)
                for (lk_int o = o0; o < o1; o++)
                    weight[(o * in + i) * taps + tap] += packed[(tap * in + i) * out + o];
    }
}

#undef window
#endif
