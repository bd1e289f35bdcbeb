// The inner kernels of indirect.c, of six rows and sixteen columns each.
#include "include/indirect.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
    ROWS = LK_INDIRECT_ROWS,
    COLUMNS = LK_INDIRECT_COLUMNS,
    /// Channels that lk_indirect_outer gathers at once: with a panel they fill the first-level cache.
    OUTER_CHANNELS = 24
};

/// A run of channels of one tap: `pixels` holds a pointer per row, `at` is its place in the panel.
typedef struct {
    const float *const *pixels;
    lk_int channel, length, at;
} piece;

typedef void multiply_kernel(
    lk_int row, lk_int pieces, const piece *piece, const float *panel, float *const *rows,
    int load);
typedef void outer_kernel(
    lk_int count, const float *x, const float *panel, lk_int stride, float *out, int load);

static void multiply_portable(
    lk_int row, lk_int pieces, const piece *piece, const float *panel, float *const *rows,
    int load) {
    float sum[ROWS][COLUMNS];
    for (lk_int i = 0; i < ROWS; i++)
        for (lk_int j = 0; j < COLUMNS; j++) sum[i][j] = load ? rows[i][j] : 0;
    for (lk_int p = 0; p < pieces; p++)
        for (lk_int k = 0; k < piece[p].length; k++)
            for (lk_int i = 0; i < ROWS; i++) {
                const float a = piece[p].pixels[row + i][piece[p].channel + k];
                const float *b = panel + (piece[p].at + k) * COLUMNS;
                for (lk_int j = 0; j < COLUMNS; j++) sum[i][j] += a * b[j];
            }
    for (lk_int i = 0; i < ROWS; i++)
        for (lk_int j = 0; j < COLUMNS; j++) rows[i][j] = sum[i][j];
}

static void outer_portable(
    lk_int m, lk_int count, const float *x, const float *panel, lk_int stride, float *out,
    int load) {
    float sum[ROWS][COLUMNS];
    for (lk_int i = 0; i < m; i++)
        for (lk_int j = 0; j < COLUMNS; j++) sum[i][j] = load ? out[i * stride + j] : 0;
    for (lk_int r = 0; r < count; r++)
        for (lk_int i = 0; i < m; i++)
            for (lk_int j = 0; j < COLUMNS; j++)
                sum[i][j] += x[r * OUTER_CHANNELS + i] * panel[r * COLUMNS + j];
    for (lk_int i = 0; i < m; i++)
        for (lk_int j = 0; j < COLUMNS; j++) out[i * stride + j] = sum[i][j];
}

#define OUTER_PORTABLE(M)                                                                        \
    static void outer_portable_##M(                                                              \
        lk_int count, const float *x, const float *panel, lk_int stride, float *out, int load) { \
        outer_portable(M, count, x, panel, stride, out, load);                     \
    }
OUTER_PORTABLE(1)
OUTER_PORTABLE(2)
OUTER_PORTABLE(3)
OUTER_PORTABLE(4)
OUTER_PORTABLE(5)
OUTER_PORTABLE(6)

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2,fma")))
#define AVX2_INLINE static inline __attribute__((always_inline, target("avx2,fma")))

AVX2 static void multiply_avx2(
    lk_int row, lk_int pieces, const piece *piece, const float *panel, float *const *rows,
    int load) {
    __m256 sum[ROWS][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < ROWS; i++) {
        sum[i][0] = load ? _mm256_loadu_ps(rows[i]) : _mm256_setzero_ps();
        sum[i][1] = load ? _mm256_loadu_ps(rows[i] + 8) : _mm256_setzero_ps();
    }
    for (lk_int p = 0; p < pieces; p++) {
        const float *const *pixels = piece[p].pixels + row;
        const lk_int channel = piece[p].channel, length = piece[p].length;
        const float *a0 = pixels[0] + channel, *a1 = pixels[1] + channel;
        const float *a2 = pixels[2] + channel, *a3 = pixels[3] + channel;
        const float *a4 = pixels[4] + channel, *a5 = pixels[5] + channel;
        const float *b = panel + piece[p].at * COLUMNS;
#pragma clang loop unroll_count(2)
        for (lk_int k = 0; k < length; k++, b += COLUMNS) {
            const __m256 low = _mm256_loadu_ps(b), high = _mm256_loadu_ps(b + 8);
            __m256 a;
#define ROW(i)                                                                                   \
    a = _mm256_broadcast_ss(a##i + k);                                                           \
    sum[i][0] = _mm256_fmadd_ps(a, low, sum[i][0]);                                              \
    sum[i][1] = _mm256_fmadd_ps(a, high, sum[i][1]);
            ROW(0) ROW(1) ROW(2) ROW(3) ROW(4) ROW(5)
#undef ROW
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < ROWS; i++) {
        _mm256_storeu_ps(rows[i], sum[i][0]);
        _mm256_storeu_ps(rows[i] + 8, sum[i][1]);
    }
}

AVX2_INLINE void outer_avx2(
    const int m, lk_int count, const float *x, const float *panel, lk_int stride, float *out,
    int load) {
    __m256 sum[ROWS][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++) {
        sum[i][0] = load ? _mm256_loadu_ps(out + i * stride) : _mm256_setzero_ps();
        sum[i][1] = load ? _mm256_loadu_ps(out + i * stride + 8) : _mm256_setzero_ps();
    }
    for (lk_int r = 0; r < count; r++) {
        const float *a = x + r * OUTER_CHANNELS;
        const __m256 low = _mm256_loadu_ps(panel + r * COLUMNS);
        const __m256 high = _mm256_loadu_ps(panel + r * COLUMNS + 8);
#pragma clang loop unroll(full)
        for (int i = 0; i < m; i++) {
            const __m256 value = _mm256_broadcast_ss(a + i);
            sum[i][0] = _mm256_fmadd_ps(value, low, sum[i][0]);
            sum[i][1] = _mm256_fmadd_ps(value, high, sum[i][1]);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++) {
        _mm256_storeu_ps(out + i * stride, sum[i][0]);
        _mm256_storeu_ps(out + i * stride + 8, sum[i][1]);
    }
}

#define OUTER_AVX2(M)                                                                            \
    AVX2 static void outer_avx2_##M(                                                             \
        lk_int count, const float *x, const float *panel, lk_int stride, float *out, int load) { \
        outer_avx2(M, count, x, panel, stride, out, load);                         \
    }
OUTER_AVX2(1)
OUTER_AVX2(2)
OUTER_AVX2(3)
OUTER_AVX2(4)
OUTER_AVX2(5)
OUTER_AVX2(6)

#endif

static multiply_kernel *select_multiply(void) {
#if defined(__x86_64__)
    if (lk_variant_selected() >= LK_AVX2) return multiply_avx2;
#endif
    return multiply_portable;
}

static outer_kernel *const *select_outer(void) {
    static outer_kernel *const portable[] = {
        outer_portable_1, outer_portable_2, outer_portable_3,
        outer_portable_4, outer_portable_5, outer_portable_6};
#if defined(__x86_64__)
    static outer_kernel *const avx2[] = {
        outer_avx2_1, outer_avx2_2, outer_avx2_3, outer_avx2_4, outer_avx2_5, outer_avx2_6};
    if (lk_variant_selected() >= LK_AVX2) return avx2;
#endif
    return portable;
}
