// Max pooling. The forward pass keeps a vector of maxima in registers over the whole window. The
// backward pass gathers: every input pixel asks the windows that cover it, so each gradient is
// written once, and never read back.
#ifndef LK_PASS
#define LK_FILE "max_pooling.c"
#include "each_variant.h"
#else

typedef uint8_t LK_(taps) __attribute__((vector_size(LK_NARROW), aligned(1), may_alias));
#define tap_bytes LK_(taps)

/// a where `mask` is all ones, b where it is zero.
#define choose LK_(choose)
LK_INLINE narrow_lanes choose(narrow_lanes mask, narrow_lanes a, narrow_lanes b) {
    return (mask & a) | (~mask & b);
}

/// The rows, or columns, of a window that lie inside the input.
#define window_range LK_(window_range)
LK_INLINE void window_range(lk_int start, lk_int kernel, lk_int size, lk_int *from, lk_int *to) {
    *from = start < 0 ? -start : 0;
    *to = size - start < kernel ? size - start : kernel;
}

LK_KERNEL(
    max_pool, (const lk_pooling *shape, lk_int images, const float *x, float *y, uint8_t *argmax),
    (shape, images, x, y, argmax)) {
    const lk_pooling s = *shape;
    const lk_int channels = s.channels, row = s.in_width * channels;
    for (lk_int p = 0; p < images * s.out_height * s.out_width; p++, y += channels) {
        lk_int left = p % s.out_width * s.stride - s.pad;
        lk_int top = p / s.out_width % s.out_height * s.stride - s.pad;
        const float *image = x + p / (s.out_width * s.out_height) * s.in_height * row;
        const float *window = image + top * row + left * channels;
        lk_int i0, i1, j0, j1;
        window_range(top, s.kernel, s.in_height, &i0, &i1);
        window_range(left, s.kernel, s.in_width, &j0, &j1);
        lk_int c = 0;
        // NaN wins, as in PyTorch; of equals the first.
        for (; c + LK_NARROW <= channels; c += LK_NARROW) {
            narrow best = broadcast_narrow(-__builtin_inff());
            narrow_lanes winner = {0};
            for (lk_int i = i0; i < i1; i++)
                for (lk_int j = j0; j < j1; j++) {
                    narrow v = load_narrow(window + i * row + j * channels + c);
                    narrow_lanes wins = (narrow_lanes)(v > best) | (narrow_lanes)(v != v);
                    narrow_lanes here = (narrow_lanes){0} + (int32_t)(i * s.kernel + j);
                    best = (narrow)choose(wins, (narrow_lanes)v, (narrow_lanes)best);
                    winner = choose(wins, here, winner);
                }
            *(narrow *)(y + c) = best;
            if (argmax) *(tap_bytes *)(argmax + c) = __builtin_convertvector(winner, tap_bytes);
        }
        for (; c < channels; c++) {
            float best = -__builtin_inff();
            lk_int winner = 0;
            for (lk_int i = i0; i < i1; i++)
                for (lk_int j = j0; j < j1; j++) {
                    float v = window[i * row + j * channels + c];
                    int wins = v > best || v != v;
                    best = wins ? v : best;
                    winner = wins ? i * s.kernel + j : winner;
                }
            y[c] = best;
            if (argmax) argmax[c] = (uint8_t)winner;
        }
        if (argmax) argmax += channels;
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
    for (; c + LK_NARROW <= channels; c += LK_NARROW) {
        narrow sum = {0};
        for (lk_int oh = h0; oh < h1; oh++)
            for (lk_int ow = w0; ow < w1; ow++) {
                lk_int at = oh * row + ow * channels + c;
                int32_t here = (int32_t)(tap - (oh * s->kernel + ow) * s->stride);
                tap_bytes taps = *(const tap_bytes *)(winners + at);
                narrow_lanes winner = __builtin_convertvector(taps, narrow_lanes);
                narrow_lanes own = (narrow_lanes)(winner == (narrow_lanes){0} + here);
                sum += (narrow)(own & (narrow_lanes)load_narrow(g + at));
            }
        *(narrow *)(dx + c) = sum;
    }
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

#undef tap_bytes
#endif
