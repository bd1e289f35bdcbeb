// Convolution's products in bf16: blocks of rows are gathered and rounded, then meet panels of columns.
#include "include/bf16.h"

#include <string.h>

#include "bf16_block.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { ROWS = LK_BF16_ROWS, COLUMNS = LK_BF16_COLUMNS };

// MARK: Inner kernels

#if defined(__x86_64__)

#define NATIVE __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,avx2,fma")))
#define NATIVE_INLINE                                                                            \
    static inline __attribute__((                                                                \
        always_inline, target("avx512f,avx512vl,avx512dq,avx512bw,avx512bf16,avx2,fma")))

NATIVE_INLINE void native_block(
    const int m, const int wide, const int by_pairs, lk_int pairs, const uint32_t *a,
    const uint32_t *b, float *const *rows, int load) {
    // Known strides, so that every row is reached from one pointer.
    const int row = by_pairs ? 1 : ROW_PAIRS, pair = by_pairs ? LK_BF16_CHANNELS : 1;
    __m512 sum[ROWS][2];
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++) {
        sum[i][0] = load ? _mm512_loadu_ps(rows[i]) : _mm512_setzero_ps();
        if (wide) sum[i][1] = load ? _mm512_loadu_ps(rows[i] + 16) : _mm512_setzero_ps();
    }
    for (lk_int p = 0; p < pairs; p++, a += pair, b += COLUMNS) {
        const __m512bh low = (__m512bh)_mm512_loadu_si512(b);
        const __m512bh high = (__m512bh)_mm512_loadu_si512(b + (wide ? 16 : 0));
#pragma clang loop unroll(full)
        for (int i = 0; i < m; i++) {
            const __m512bh value = (__m512bh)_mm512_set1_epi32((int)a[i * row]);
            sum[i][0] = _mm512_dpbf16_ps(sum[i][0], value, low);
            if (wide) sum[i][1] = _mm512_dpbf16_ps(sum[i][1], value, high);
        }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++) {
        _mm512_storeu_ps(rows[i], sum[i][0]);
        if (wide) _mm512_storeu_ps(rows[i] + 16, sum[i][1]);
    }
}

#define BLOCK(M)                                                                                 \
    NATIVE static void native_block_##M(                                                         \
        lk_int columns, lk_int pairs, int by_pairs, const uint32_t *a, const uint32_t *b,        \
        float *const *rows, int load) {                                                          \
        if (columns > 16) {                                                                      \
            if (by_pairs) native_block(M, 1, 1, pairs, a, b, rows, load);                        \
            else native_block(M, 1, 0, pairs, a, b, rows, load);                                 \
        } else {                                                                                 \
            if (by_pairs) native_block(M, 0, 1, pairs, a, b, rows, load);                        \
            else native_block(M, 0, 0, pairs, a, b, rows, load);                                 \
        }                                                                                        \
    }
BLOCK(1) BLOCK(2) BLOCK(3) BLOCK(4) BLOCK(5) BLOCK(6) BLOCK(7)
BLOCK(8) BLOCK(9) BLOCK(10) BLOCK(11) BLOCK(12) BLOCK(13) BLOCK(14)

static void block_native(
    lk_int m, lk_int columns, lk_int pairs, int by_pairs, const uint32_t *a, const uint32_t *b,
    float *const *rows, int load) {
    static void (*const blocks[])(
        lk_int, lk_int, int, const uint32_t *, const uint32_t *, float *const *, int) = {
        native_block_1, native_block_2, native_block_3, native_block_4, native_block_5,
        native_block_6, native_block_7, native_block_8, native_block_9, native_block_10,
        native_block_11, native_block_12, native_block_13, native_block_14};
    blocks[m - 1](columns, pairs, by_pairs, a, b, rows, load);
}

NATIVE static void interleave_native(
    lk_int count, const float *even, const float *odd, uint32_t *to) {
    for (lk_int i = 0; i < count; i += 16) {
        const __m256i low = (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(even + i));
        __m512i pair = _mm512_cvtepu16_epi32(low);
        if (odd) {
            const __m256i high = (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(odd + i));
            pair = _mm512_or_si512(pair, _mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16));
        }
        _mm512_storeu_si512(to + i, pair);
    }
}

NATIVE static void round_native(lk_int count, const float *from, lk_bf16 *to) {
    lk_int i = 0;
    for (; i + 16 <= count; i += 16)
        _mm256_storeu_si256(
            (__m256i *)(to + i), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(from + i)));
    for (; i < count; i++) to[i] = (lk_bf16)lk_bf16_bits(from[i]);
}

#endif

int lk_bf16_native(void) {
#if defined(__x86_64__)
    return lk_variant_selected() >= LK_AVX512 && __builtin_cpu_supports("avx512bf16");
#else
    return 0;
#endif
}

static lk_bf16_block *select_block(void) {
#if defined(__x86_64__)
    if (lk_bf16_native()) return block_native;
#endif
    return lk_bf16_block_emulated;
}

static lk_bf16_interleave *select_interleave(void) {
#if defined(__x86_64__)
    if (lk_bf16_native()) return interleave_native;
#endif
    return lk_bf16_interleave_emulated;
}

void lk_bf16_round(lk_int count, const float *from, lk_bf16 *to) {
#if defined(__x86_64__)
    if (lk_bf16_native()) {
        round_native(count, from, to);
        return;
    }
#endif
    lk_bf16_round_emulated(count, from, to);
}

// MARK: Packing

/// Values of a weight that are rounded at once.
enum { PACK = 288 };

/// One panel, of a weight in which the depth's values lie side by side.
static void pack_by_columns(
    lk_int taps, lk_int depth, lk_int width, const float *weight, lk_int k_stride,
    lk_int n_stride, const float *scale, uint32_t *panel) {
    const lk_int most = PACK / taps / 2 * 2;
    lk_bf16 rounded[COLUMNS][PACK];
    float scaled[PACK];
    for (lk_int k0 = 0; k0 < depth; k0 += most) {
        const lk_int some = depth - k0 < most ? depth - k0 : most, count = some * taps;
        for (lk_int j = 0; j < width; j++) {
            const float *from = weight + j * n_stride + k0 * k_stride;
            for (lk_int i = 0; scale && i < count; i++) scaled[i] = from[i] * scale[j];
            lk_bf16_round(count, scale ? scaled : from, rounded[j]);
        }
        for (lk_int tap = 0; tap < taps; tap++) {
            uint32_t *to = panel + (tap * depth + k0) / 2 * COLUMNS;
            for (lk_int k = 0; k < some; k += 2, to += COLUMNS)
                for (lk_int j = 0; j < width; j++) {
                    const lk_bf16 *from = rounded[j] + tap + k * k_stride;
                    to[j] = from[0] | (uint32_t)from[k_stride] << 16;
                }
        }
    }
}

/// One panel, of a weight in which the columns' values lie side by side.
static void pack_by_depth(
    lk_int taps, lk_int depth, lk_int width, const float *weight, lk_int k_stride,
    lk_int n_stride, uint32_t *panel) {
    lk_bf16 even[COLUMNS * LK_BF16_TAPS], odd[COLUMNS * LK_BF16_TAPS];
    for (lk_int k = 0; k < depth; k += 2) {
        lk_bf16_round(width * taps, weight + k * k_stride, even);
        lk_bf16_round(width * taps, weight + (k + 1) * k_stride, odd);
        for (lk_int tap = 0; tap < taps; tap++) {
            uint32_t *to = panel + (tap * depth + k) / 2 * COLUMNS;
            for (lk_int j = 0; j < width; j++) {
                const lk_int from = j * n_stride + tap;
                to[j] = even[from] | (uint32_t)odd[from] << 16;
            }
        }
    }
}

void lk_bf16_pack_weight(
    lk_int taps, lk_int depth, lk_int columns, const float *weight, lk_int k_stride,
    lk_int n_stride, const float *scale, lk_bf16 *packed) {
    for (lk_int n = 0; n < columns; n += COLUMNS, packed += taps * depth * COLUMNS) {
        const lk_int width = columns - n < COLUMNS ? columns - n : COLUMNS;
        uint32_t *panel = (uint32_t *)(void *)packed;
        if (width < COLUMNS) memset(panel, 0, (size_t)(taps * depth * COLUMNS) * sizeof *packed);
        const float *from = weight + n * n_stride;
        if (n_stride < k_stride)
            pack_by_depth(taps, depth, width, from, k_stride, n_stride, panel);
        else
            pack_by_columns(
                taps, depth, width, from, k_stride, n_stride,
                scale ? scale + n : NULL, panel);
    }
}

void lk_bf16_pack_pairs(lk_int rows, lk_int columns, const float *x, lk_bf16 *packed) {
    lk_bf16_interleave *interleave = select_interleave();
    for (lk_int n = 0; n < columns; n += COLUMNS) {
        const lk_int width = columns - n < COLUMNS ? columns - n : COLUMNS;
        for (lk_int r = 0; r < rows; r += 2, packed += 2 * COLUMNS) {
            const float *from = x + r * columns + n;
            uint32_t *to = (uint32_t *)(void *)packed;
            if (width < COLUMNS) memset(to, 0, COLUMNS * sizeof *to);
            interleave(width, from, r + 1 < rows ? from + columns : NULL, to);
        }
    }
}

// MARK: Tiles

/// Rows of a block: as equal as can be, so that none is left with few sums to keep the processor busy.
static lk_int even_rows(lk_int count) {
    const lk_int blocks = (count + ROWS - 1) / ROWS;
    return (count + blocks - 1) / blocks;
}

/// All rows of one gathered block against all panels.
static void multiply_block(
    lk_bf16_block *block, lk_int count, lk_int pairs, const uint32_t *a, const lk_bf16 *packed,
    lk_int depth, lk_int first, lk_int columns, float *const *rows, int load) {
    const lk_int step = even_rows(count);
    for (lk_int n = first; n < first + columns; n += COLUMNS) {
        const lk_int width = first + columns - n < COLUMNS ? first + columns - n : COLUMNS;
        const uint32_t *panel = (const uint32_t *)(const void *)(packed + n * depth);
        for (lk_int row = 0; row < count; row += step) {
            const lk_int height = count - row < step ? count - row : step;
            float *to[ROWS];
            for (lk_int i = 0; i < height; i++) to[i] = rows[row + i] + n;
            block(height, width, pairs, 0, a + row * ROW_PAIRS, panel, to, load);
        }
    }
}

void lk_bf16_multiply(
    lk_int count, lk_int taps, lk_int channels, const float *const *table, const lk_int *offsets,
    const lk_bf16 *packed, lk_int depth, lk_int first, lk_int columns, float *const *rows,
    int accumulate, void *scratch) {
    const lk_int padded = lk_indirect_padded(count);
    lk_bf16_block *block = select_block();
    lk_bf16 *a = scratch;
    lk_int filled = 0, start = 0;
    int load = accumulate;
    for (lk_int j = 0; j < taps; j++) {
        for (lk_int k = 0; k < channels;) {
            const lk_int place = offsets[j] + k;
            // A block is one run of the packed panels.
            const lk_int full = filled == LK_BF16_DEPTH || (filled && start + filled != place);
            if (full) {
                multiply_block(
                    block, count, filled / 2, (const uint32_t *)scratch,
                    packed + start * COLUMNS, depth, first, columns, rows, load);
                load = 1;
                filled = 0;
            }
            if (!filled) start = place;
            const lk_int room = LK_BF16_DEPTH - filled;
            const lk_int length = channels - k < room ? channels - k : room;
            for (lk_int i = 0; i < count; i++)
                lk_bf16_round(
                    length, table[j * padded + i] + k, a + i * 2 * ROW_PAIRS + filled);
            k += length;
            filled += length;
        }
    }
    if (filled)
        multiply_block(
            block, count, filled / 2, (const uint32_t *)scratch, packed + start * COLUMNS, depth,
            first, columns, rows, load);
}

void lk_bf16_outer(
    lk_int count, const float *const *pixels, lk_int first, lk_int channels, const lk_bf16 *packed,
    lk_int columns, float *out, int accumulate, void *scratch) {
    lk_bf16_interleave *interleave = select_interleave();
    lk_bf16_block *block = select_block();
    const lk_int pairs = (count + 1) / 2, step = even_rows(channels);
    uint32_t *a = scratch;
    for (lk_int p = 0; p < pairs; p++)
        interleave(
            channels, pixels[2 * p] + first, 2 * p + 1 < count ? pixels[2 * p + 1] + first : NULL,
            a + p * LK_BF16_CHANNELS);
    for (lk_int n = 0; n < columns; n += COLUMNS) {
        const lk_int width = columns - n < COLUMNS ? columns - n : COLUMNS;
        const uint32_t *panel = (const uint32_t *)(const void *)packed + n * pairs;
        for (lk_int k = 0; k < channels; k += step) {
            const lk_int height = channels - k < step ? channels - k : step;
            float *to[ROWS];
            for (lk_int i = 0; i < height; i++) to[i] = out + (k + i) * columns + n;
            block(height, width, pairs, 1, a + k, panel, to, accumulate);
        }
    }
}
