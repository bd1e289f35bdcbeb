// Application of batch normalisation to results that no cache would keep until they are read.
#ifndef LK_PASS
#define LK_FILE "streamed_normalization.c"
#include "each_variant.h"
#else

/// What a store past the caches takes: aligned to its size.
typedef float LK_(aligned_vec) __attribute__((vector_size(4 * LK_LANES), may_alias));
#define aligned_vec LK_(aligned_vec)

/// A row of `count` columns, a multiple of the lanes; y is aligned.
#define streamed_row LK_(streamed_row)
LK_INLINE void streamed_row(
    lk_int count, const float *x, const float *scale, const float *shift, const float *residual,
    int relu, float *y) {
    for (lk_int j = 0; j < count; j += LK_LANES) {
        vec v = fma_vec(load(x + j), load(scale + j), load(shift + j));
        if (residual) v += load(residual + j);
        if (relu) v = (vec)((lanes)v & ~(lanes)(v < (vec){0}));
        __builtin_nontemporal_store((aligned_vec)v, (aligned_vec *)(y + j));
    }
}

LK_KERNEL(
    batchnorm_apply_streaming,
    (lk_int rows, lk_int channels, const float *x, const float *scale, const float *shift,
     const float *residual, int relu, float *y),
    (rows, channels, x, scale, shift, residual, relu, y)) {
    lk_int repeats = fold(channels), width = channels * repeats, count = rows * channels;
    lk_int rest = count % width;
    float s[LK_FOLDED], t[LK_FOLDED];
    const float *scales = scale, *shifts = shift;
    if (repeats > 1) {
        repeat(channels, repeats, scale, s);
        repeat(channels, repeats, shift, t);
        scales = s;
        shifts = t;
    }
    if (width % LK_LANES || (uintptr_t)y % (4 * LK_LANES)) rest = count;
    for (lk_int i = 0; i < count - rest; i += width)
        streamed_row(
            width, x + i, scales, shifts, residual ? residual + i : 0, relu, y + i);
    // These stores are in no order with others, as those that tell another thread of them.
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    lk_int done = count - rest;
    lk_batchnorm_apply(
        rest / channels, channels, x + done, scale, shift, residual ? residual + done : 0, relu,
        y + done);
}
#endif
