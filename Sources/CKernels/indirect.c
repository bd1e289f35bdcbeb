// The products of the indirect convolution.
#include "include/indirect.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum {
    ROWS = LK_INDIRECT_ROWS,
    COLUMNS = LK_INDIRECT_COLUMNS,
    /// Depth of the part of a panel that all rows walk before the next part: 256 x 16 floats stay in the
    /// first-level cache while pixels stream past.
    BLOCK_DEPTH = 256,
    /// Most (tap, channels) pieces in one part.
    BLOCK_PIECES = 32,
    /// Floats of a packed weight that stays in the second-level cache while pixels pass once.
    SMALL_WEIGHT = 48 * 1024,
    /// Channels that lk_indirect_outer gathers at once: with a panel they fill the first-level cache.
    OUTER_CHANNELS = 24
};

// MARK: Inner kernels

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

// MARK: Tiles

/// Runs one part of the depth over all panels, and rows begin ..< count. The last rows and columns go by way of a spare
/// block, so that nothing outside of the tile is touched.
static void multiply_block(
    multiply_kernel *kernel, lk_int begin, lk_int count, lk_int pieces, const piece *piece,
    const float *packed, lk_int depth, lk_int first, lk_int columns, float *const *rows,
    int load) {
    for (lk_int n = 0; n < columns; n += COLUMNS) {
        const float *panel = packed + (first + n) * depth;
        const lk_int width = columns - n < COLUMNS ? columns - n : COLUMNS;
        for (lk_int row = begin; row < count; row += ROWS) {
            const lk_int height = count - row < ROWS ? count - row : ROWS;
            float spare[ROWS][COLUMNS];
            float *to[ROWS];
            const int whole = width == COLUMNS;
            for (lk_int i = 0; i < ROWS; i++)
                to[i] = whole && i < height ? rows[row + i] + first + n : spare[i];
            if (load && !whole)
                for (lk_int i = 0; i < height; i++)
                    memcpy(spare[i], rows[row + i] + first + n, (size_t)width * sizeof(float));
            else if (load && height < ROWS)
                memset(spare, 0, sizeof spare);
            kernel(row, pieces, piece, panel, to, load);
            if (!whole)
                for (lk_int i = 0; i < height; i++)
                    memcpy(rows[row + i] + first + n, spare[i], (size_t)width * sizeof(float));
        }
    }
}

void lk_indirect_multiply(
    lk_int count, lk_int taps, lk_int channels, const float *const *table, const lk_int *offsets,
    const float *packed, lk_int depth, lk_int first, lk_int columns, float *const *rows,
    int accumulate) {
    const lk_int padded = lk_indirect_padded(count);
    multiply_kernel *kernel = select_multiply();
    piece block[BLOCK_PIECES];
    if (taps <= BLOCK_PIECES && taps * channels * columns <= SMALL_WEIGHT) {
        // Six rows meet the whole weight while their pixels stay in the first-level cache.
        for (lk_int j = 0; j < taps; j++)
            block[j] = (piece){table + j * padded, 0, channels, offsets[j]};
        for (lk_int row = 0; row < count; row += ROWS)
            multiply_block(
                kernel, row, count - row < ROWS ? count : row + ROWS, taps, block, packed, depth,
                first, columns, rows, accumulate);
        return;
    }
    lk_int pieces = 0, room = BLOCK_DEPTH;
    int load = accumulate;
    for (lk_int j = 0; j < taps; j++) {
        for (lk_int k = 0; k < channels;) {
            const lk_int length = channels - k < room ? channels - k : room;
            block[pieces++] = (piece){table + j * padded, k, length, offsets[j] + k};
            k += length;
            room -= length;
            if (room > 0 && pieces < BLOCK_PIECES) continue;
            multiply_block(
                kernel, 0, count, pieces, block, packed, depth, first, columns, rows, load);
            load = 1;
            pieces = 0;
            room = BLOCK_DEPTH;
        }
    }
    if (pieces > 0)
        multiply_block(
            kernel, 0, count, pieces, block, packed, depth, first, columns, rows, load);
}

/// One run of channels, gathered, against all panels.
static void outer_block(
    outer_kernel *const *kernels, lk_int count, const float *x, lk_int channels,
    const float *packed, lk_int columns, float *out, int accumulate) {
    for (lk_int n = 0; n < columns; n += COLUMNS) {
        const float *panel = packed + n * count;
        const lk_int width = columns - n < COLUMNS ? columns - n : COLUMNS;
        for (lk_int k = 0; k < channels; k += ROWS) {
            const lk_int height = channels - k < ROWS ? channels - k : ROWS;
            float *to = out + k * columns + n;
            if (width == COLUMNS) {
                kernels[height - 1](count, x + k, panel, columns, to, accumulate);
                continue;
            }
            float spare[ROWS][COLUMNS];
            memset(spare, 0, sizeof spare);
            for (lk_int i = 0; accumulate && i < height; i++)
                memcpy(spare[i], to + i * columns, (size_t)width * sizeof(float));
            kernels[height - 1](count, x + k, panel, COLUMNS, spare[0], accumulate);
            for (lk_int i = 0; i < height; i++)
                memcpy(to + i * columns, spare[i], (size_t)width * sizeof(float));
        }
    }
}

void lk_indirect_outer(
    lk_int count, const float *const *pixels, lk_int first, lk_int channels, const float *packed,
    lk_int columns, float *out, int accumulate) {
    outer_kernel *const *kernels = select_outer();
    float x[LK_INDIRECT_PIXELS * OUTER_CHANNELS];
    for (lk_int k = 0; k < channels; k += OUTER_CHANNELS) {
        const lk_int width = channels - k < OUTER_CHANNELS ? channels - k : OUTER_CHANNELS;
        // Pixels lie far apart, often at powers of two that share few places of the cache.
        for (lk_int r = 0; r < count; r++) {
            const float *from = pixels[r] + first + k;
            float *to = x + r * OUTER_CHANNELS;
            if (width == OUTER_CHANNELS) {
                memcpy(to, from, OUTER_CHANNELS * sizeof(float));
            } else {
                for (lk_int i = 0; i < width; i++) to[i] = from[i];
            }
        }
        outer_block(
            kernels, count, x, width, packed, columns, out + k * columns, accumulate);
    }
}
