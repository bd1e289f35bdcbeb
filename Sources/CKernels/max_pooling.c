// Max pooling. The forward pass keeps a vector of maxima in registers over the whole window. The
// backward pass gathers: every input pixel asks the windows that cover it, so each gradient is
// written once, and never read back.
#ifndef LK_PASS
#define LK_FILE "max_pooling.c"
#include "each_variant.h"
#else

typedef uint8_t LK_(bytes) __attribute__((vector_size(LK_LANES), aligned(1), may_alias));
typedef uint8_t LK_(narrow_bytes)
    __attribute__((vector_size(LK_NARROW), aligned(1), may_alias));

/// a where `mask` is all ones, b where it is zero.
#define CHOOSE(mask, a, b) (((mask) & (a)) | (~(mask) & (b)))

/// The rows, or columns, of a window that lie inside the input.
#define window_range LK_(window_range)
LK_INLINE void window_range(lk_int start, lk_int kernel, lk_int size, lk_int *from, lk_int *to) {
    *from = start < 0 ? -start : 0;
    *to = size - start < kernel ? size - start : kernel;
}

/// The maxima of one window, rows i0 ..< i1 by columns j0 ..< j1 of it: constants after inlining
/// where a window of 3x3 lies inside the input. NaN wins, as in PyTorch; of equals the first.
#define max_window LK_(max_window)
LK_INLINE void max_window(
    const lk_int i0, const lk_int i1, const lk_int j0, const lk_int j1, const lk_int kernel,
    lk_int row, lk_int channels, const float *window, float *y, uint8_t *argmax) {
    lk_int c = 0;
#define MAXIMA(floats, integers, bytes, width)                                                    \
    for (; c + width <= channels; c += width) {                                                   \
        floats best = (floats){0} - __builtin_inff();                                             \
        integers winner = {0};                                                                    \
        for (lk_int i = i0; i < i1; i++)                                                          \
            for (lk_int j = j0; j < j1; j++) {                                                    \
                floats v = *(const floats *)(window + i * row + j * channels + c);                \
                integers wins = (integers)(v > best) | (integers)(v != v);                        \
                integers here = (integers){0} + (int32_t)(i * kernel + j);                        \
                best = (floats)CHOOSE(wins, (integers)v, (integers)best);                         \
                winner = CHOOSE(wins, here, winner);                                              \
            }                                                                                     \
        *(floats *)(y + c) = best;                                                                \
        if (argmax) *(bytes *)(argmax + c) = __builtin_convertvector(winner, bytes);              \
    }
    MAXIMA(vec, lanes, LK_(bytes), LK_LANES)
    MAXIMA(narrow, narrow_lanes, LK_(narrow_bytes), LK_NARROW)
#undef MAXIMA
    for (; c < channels; c++) {
        float best = -__builtin_inff();
        lk_int winner = 0;
        for (lk_int i = i0; i < i1; i++)
            for (lk_int j = j0; j < j1; j++) {
                float v = window[i * row + j * channels + c];
                int wins = v > best || v != v;
                best = wins ? v : best;
                winner = wins ? i * kernel + j : winner;
            }
        y[c] = best;
        if (argmax) argmax[c] = (uint8_t)winner;
    }
}

LK_KERNEL(
    max_pool, (const lk_pooling *shape, lk_int images, const float *x, float *y, uint8_t *argmax),
    (shape, images, x, y, argmax)) {
    const lk_pooling s = *shape;
    const lk_int channels = s.channels, row = s.in_width * channels;
    for (lk_int n = 0; n < images; n++, x += s.in_height * row)
        for (lk_int oh = 0; oh < s.out_height; oh++) {
            lk_int top = oh * s.stride - s.pad, i0, i1;
            window_range(top, s.kernel, s.in_height, &i0, &i1);
            for (lk_int ow = 0; ow < s.out_width; ow++, y += channels) {
                lk_int left = ow * s.stride - s.pad, j0, j1;
                window_range(left, s.kernel, s.in_width, &j0, &j1);
                const float *window = x + top * row + left * channels;
                if (i1 - i0 == 3 && j1 - j0 == 3 && s.kernel == 3)
                    max_window(0, 3, 0, 3, 3, row, channels, window, y, argmax);
                else
                    max_window(i0, i1, j0, j1, s.kernel, row, channels, window, y, argmax);
                if (argmax) argmax += channels;
            }
        }
}

/// Moves first ..< last, the outputs whose windows cover the position before `at`, on to those that
/// cover `at`.
#define advance LK_(advance)
LK_INLINE void advance(
    const lk_pooling *s, lk_int at, lk_int out, lk_int *first, lk_int *last) {
    while (*first * s->stride + s->kernel <= at + s->pad) ++*first;
    while (*last < out && *last * s->stride <= at + s->pad) ++*last;
}

/// The gradient of one input pixel: `g` and `winners` are the image's, tap the pixel's tap in
/// window (0, 0).
#define gather_gradient LK_(gather_gradient)
LK_INLINE void gather_gradient(
    const lk_pooling *s, const float *g, const uint8_t *winners, lk_int h0, lk_int h1, lk_int w0,
    lk_int w1, lk_int tap, float *dx) {
    const lk_int channels = s->channels, row = s->out_width * channels;
    lk_int c = 0;
#define GRADIENT(floats, integers, bytes, width)                                                  \
    for (; c + width <= channels; c += width) {                                                   \
        floats sum = {0};                                                                         \
        for (lk_int oh = h0; oh < h1; oh++)                                                       \
            for (lk_int ow = w0; ow < w1; ow++) {                                                 \
                lk_int at = oh * row + ow * channels + c;                                         \
                int32_t here = (int32_t)(tap - (oh * s->kernel + ow) * s->stride);                \
                bytes taps = *(const bytes *)(winners + at);                                      \
                integers winner = __builtin_convertvector(taps, integers);                        \
                integers own = (integers)(winner == (integers){0} + here);                        \
                sum += (floats)(own & (integers) * (const floats *)(g + at));                     \
            }                                                                                     \
        *(floats *)(dx + c) = sum;                                                                \
    }
    GRADIENT(vec, lanes, LK_(bytes), LK_LANES)
    GRADIENT(narrow, narrow_lanes, LK_(narrow_bytes), LK_NARROW)
#undef GRADIENT
    for (; c < channels; c++) {
        float sum = 0;
        for (lk_int oh = h0; oh < h1; oh++)
            for (lk_int ow = w0; ow < w1; ow++) {
                lk_int at = oh * row + ow * channels + c;
                sum += winners[at] == tap - (oh * s->kernel + ow) * s->stride ? g[at] : 0.0f;
            }
        dx[c] = sum;
    }
}

LK_KERNEL(
    max_pool_backward,
    (const lk_pooling *shape, lk_int images, const float *dy, const uint8_t *argmax, float *dx),
    (shape, images, dy, argmax, dx)) {
    const lk_pooling s = *shape;
    const lk_int size = s.out_height * s.out_width * s.channels;
    for (lk_int n = 0; n < images; n++, dy += size, argmax += size) {
        lk_int h0 = 0, h1 = 0;
        for (lk_int h = 0; h < s.in_height; h++) {
            advance(&s, h, s.out_height, &h0, &h1);
            lk_int w0 = 0, w1 = 0;
            for (lk_int w = 0; w < s.in_width; w++, dx += s.channels) {
                advance(&s, w, s.out_width, &w0, &w1);
                lk_int tap = (h + s.pad) * s.kernel + w + s.pad;
                gather_gradient(&s, dy, argmax, h0, h1, w0, w1, tap, dx);
            }
        }
    }
}

#undef CHOOSE
#endif
