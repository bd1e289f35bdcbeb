// The weight of the Winograd convolution, and its gradient, into the transformed domain and back.
#ifndef LK_PASS
#define LK_FILE "winograd_weight.c"
#include "winograd_points.h"

#include "each_variant.h"
#else

/// The filter's polynomial at the points, over what interpolation divides by.
#define weight_points LK_(weight_points)
LK_INLINE void weight_points(const vec g[3], vec u[SEEN]) {
    const vec even_a = fma_vec(broadcast(SQUARE_A), g[2], g[0]);
    const vec even_b = fma_vec(broadcast(SQUARE_B), g[2], g[0]);
    u[0] = broadcast(1 / DIVISOR_0) * g[0];
    u[1] = broadcast(1 / DIVISOR_A) * fma_vec(broadcast(POINT_A), g[1], even_a);
    u[2] = broadcast(1 / DIVISOR_A) * fma_vec(broadcast(-POINT_A), g[1], even_a);
    u[3] = broadcast(1 / DIVISOR_B) * fma_vec(broadcast(POINT_B), g[1], even_b);
    u[4] = broadcast(1 / DIVISOR_B) * fma_vec(broadcast(-POINT_B), g[1], even_b);
    u[5] = g[2];
}

/// The transpose of `weight_points`.
#define weight_gradient LK_(weight_gradient)
LK_INLINE void weight_gradient(const vec u[SEEN], vec g[3]) {
    const vec even_a = broadcast(1 / DIVISOR_A) * (u[1] + u[2]);
    const vec odd_a = broadcast(1 / DIVISOR_A) * (u[1] - u[2]);
    const vec even_b = broadcast(1 / DIVISOR_B) * (u[3] + u[4]);
    const vec odd_b = broadcast(1 / DIVISOR_B) * (u[3] - u[4]);
    g[0] = fma_vec(broadcast(1 / DIVISOR_0), u[0], even_a + even_b);
    g[1] = fma_vec(broadcast(POINT_A), odd_a, broadcast(POINT_B) * odd_b);
    g[2] = fma_vec(broadcast(SQUARE_A), even_a, fma_vec(broadcast(SQUARE_B), even_b, u[5]));
}

typedef float LK_(quad) __attribute__((vector_size(16), aligned(4), may_alias));
#define quad LK_(quad)

/// Transposes four rows of four values, `stride` floats apart, to rows of PANEL.
#define transpose LK_(transpose)
LK_INLINE void transpose(const float *from, lk_int stride, float *to) {
    const quad a = *(const quad *)from, b = *(const quad *)(from + stride);
    const quad c = *(const quad *)(from + 2 * stride), d = *(const quad *)(from + 3 * stride);
    const quad ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    const quad cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    const quad ab_high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
    const quad cd_high = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(quad *)to = __builtin_shufflevector(ab, cd, 0, 1, 4, 5);
    *(quad *)(to + PANEL) = __builtin_shufflevector(ab, cd, 2, 3, 6, 7);
    *(quad *)(to + 2 * PANEL) = __builtin_shufflevector(ab_high, cd_high, 0, 1, 4, 5);
    *(quad *)(to + 3 * PANEL) = __builtin_shufflevector(ab_high, cd_high, 2, 3, 6, 7);
}

/// `from` holds the taps of PANEL columns, n_stride apart.
#define pack_panel LK_(pack_panel)
LK_INLINE void pack_panel(
    const int square, const float *from, int reversed, lk_int n_stride, const float *scale,
    lk_int plane, float *packed) {
    // Taps lie side by side in the weight: reading them together uses whole cache lines.
    const int count = square ? 9 : 3;
    float taps[9][PANEL];
    for (lk_int j = 0; j < PANEL; j += 4)
        for (int tap = 0; tap + 4 <= count; tap += 4)
            transpose(from + j * n_stride + tap, n_stride, taps[tap] + j);
    for (int tap = count / 4 * 4; tap < count; tap++)
        for (lk_int j = 0; j < PANEL; j++) taps[tap][j] = from[j * n_stride + tap];
    for (lk_int j = 0; j < PANEL; j += LK_LANES) {
        vec half[SEEN][3];
        for (int c = 0; c < 3; c++) {
            vec g[3], some[SEEN];
            for (int r = 0; r < (square ? 3 : 1); r++) {
                const int tap = r * 3 + c;
                g[r] = load(taps[reversed ? count - 1 - tap : tap] + j);
                if (scale) g[r] = g[r] * load(scale + j);
            }
            if (square) weight_points(g, some);
            for (int r = 0; r < (square ? SEEN : 1); r++) half[r][c] = square ? some[r] : g[r];
        }
        for (int r = 0; r < (square ? SEEN : 1); r++) {
            vec some[SEEN];
            weight_points(half[r], some);
            for (int c = 0; c < SEEN; c++) *(vec *)(packed + (r * SEEN + c) * plane + j) = some[c];
        }
    }
}

LK_KERNEL(
    winograd_pack_weight,
    (lk_int taps, lk_int depth, lk_int columns, const float *weight, int reversed,
     lk_int k_stride, lk_int n_stride, const float *scale, lk_int plane, float *packed),
    (taps, depth, columns, weight, reversed, k_stride, n_stride, scale, plane, packed)) {
    for (lk_int n = 0; n < columns; n += PANEL)
        for (lk_int k = 0; k < depth; k++, packed += PANEL) {
            const float *from = weight + k * k_stride + n * n_stride, *factor = scale ? scale + n : 0;
            if (taps == 9) pack_panel(1, from, reversed, n_stride, factor, plane, packed);
            else pack_panel(0, from, reversed, n_stride, factor, plane, packed);
        }
}

/// The reverse of pack_panel, for a gradient.
#define unpack_panel LK_(unpack_panel)
LK_INLINE void unpack_panel(
    const int square, const float *u, lk_int plane, lk_int n_stride, float *to, int accumulate) {
    float taps[9][PANEL];
    for (lk_int j = 0; j < PANEL; j += LK_LANES) {
        vec half[3][SEEN];
        for (int c = 0; c < SEEN; c++) {
            vec from[SEEN], some[3];
            for (int r = 0; r < (square ? SEEN : 1); r++)
                from[r] = load(u + (r * SEEN + c) * plane + j);
            if (square) weight_gradient(from, some);
            for (int r = 0; r < (square ? 3 : 1); r++) half[r][c] = square ? some[r] : from[r];
        }
        for (int r = 0; r < (square ? 3 : 1); r++) {
            vec some[3];
            weight_gradient(half[r], some);
            for (int c = 0; c < 3; c++) *(vec *)(taps[r * 3 + c] + j) = some[c];
        }
    }
    for (lk_int j = 0; j < PANEL; j++)
        for (lk_int tap = 0; tap < (square ? 9 : 3); tap++) {
            float *place = to + j * n_stride + tap;
            *place = accumulate ? *place + taps[tap][j] : taps[tap][j];
        }
}

LK_KERNEL(
    winograd_unpack_gradient,
    (lk_int taps, const float *u, lk_int plane, lk_int depth, lk_int columns, lk_int first,
     lk_int count, lk_int k_stride, lk_int n_stride, float *gradient, int accumulate),
    (taps, u, plane, depth, columns, first, count, k_stride, n_stride, gradient, accumulate)) {
    for (lk_int n = first; n < first + count; n += PANEL)
        for (lk_int k = 0; k < depth; k++) {
            float *to = gradient + k * k_stride + n * n_stride;
            const float *from = u + k * columns + n;
            if (taps == 9) unpack_panel(1, from, plane, n_stride, to, accumulate);
            else unpack_panel(0, from, plane, n_stride, to, accumulate);
        }
}

#endif
